//! Colours for words that say how something stands, by the sixteen that every terminal has.

/// Whether colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    Plain,
    Coloured,
}

/// What a colour is to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    None,
    Good,
    Warning,
    Bad,
    /// Over, or off.
    Faint,
}

impl Tone {
    /// States of allocations, sessions and deliveries. One that is not known has none.
    pub fn of_state(word: &str) -> Self {
        match word {
            "running" | "sent" | "delivered" | "like" => Self::Good,
            "requested" | "placing" | "creating" | "starting" | "stopping" | "removing" | "pending" => Self::Warning,
            "failed" | "lost" | "dead" | "suspended" | "dislike" => Self::Bad,
            "stopped" | "removed" | "expired" => Self::Faint,
            _ => Self::None,
        }
    }

    const fn code(self) -> Option<u8> {
        match self {
            Self::None => None,
            Self::Good => Some(32),
            Self::Warning => Some(33),
            Self::Bad => Some(31),
            Self::Faint => Some(2),
        }
    }
}

impl Paint {
    pub fn apply(self, tone: Tone, text: &str) -> String {
        match (self, tone.code()) {
            (Self::Coloured, Some(code)) => format!("\x1b[{code}m{text}\x1b[0m"),
            _ => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_wants_colours_gets_them() {
        assert_eq!(Paint::Coloured.apply(Tone::of_state("failed"), "failed"), "\x1b[31mfailed\x1b[0m");
        assert_eq!(Paint::Coloured.apply(Tone::of_state("invented"), "invented"), "invented");
        assert_eq!(Paint::Plain.apply(Tone::Bad, "failed"), "failed");
    }
}
