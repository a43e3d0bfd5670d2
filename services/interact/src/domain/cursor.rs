//! A place in a log as clients keep it: a text that they pass back, ordered as texts are.

use std::fmt;
use std::str::FromStr;

/// Epoch and ordinal as the docker service counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    pub epoch: u64,
    pub ordinal: u64,
}

/// The text was no cursor.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a seq is passed back as it was given")]
pub struct NotACursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Full width, so that the texts' order is the places' order.
        write!(f, "{:016x}-{:016x}", self.epoch, self.ordinal)
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let (epoch, ordinal) = text.split_once('-').ok_or(NotACursor)?;
        let number = |digits: &str| {
            let plain = digits.len() == 16 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            plain.then(|| u64::from_str_radix(digits, 16).ok()).flatten().ok_or(NotACursor)
        };
        Ok(Self { epoch: number(epoch)?, ordinal: number(ordinal)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_and_keeps_its_order() {
        let cursors = [(1, 9), (1, 10), (1, u64::MAX), (2, 0)].map(|(epoch, ordinal)| Cursor { epoch, ordinal });
        let texts = cursors.map(|cursor| cursor.to_string());
        assert!(texts.is_sorted() && cursors.is_sorted());
        assert_eq!(texts.map(|text| text.parse::<Cursor>().unwrap()), cursors);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "1-2", "-", "2026-01-31T09:30:00Z", "+000000000000001-0000000000000001"] {
            assert_eq!(text.parse::<Cursor>(), Err(NotACursor), "{text}");
        }
    }
}
