//! A like, a dislike or neither: one a user and machine.

use kit::{MachineId, Timestamp};

/// What one user thinks of one machine; neither is `None` wherever one of these stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stance {
    Like,
    Dislike,
}

/// What all think of a machine, and what the asker does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub likes: u64,
    pub dislikes: u64,
    /// `None` also for an asker who is not known.
    pub mine: Option<Stance>,
}

/// One user's stance on one machine, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opinion {
    pub machine: MachineId,
    pub stance: Stance,
    pub at: Timestamp,
}

impl Stance {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Like => "like",
            Self::Dislike => "dislike",
        }
    }

    /// By how much a change from one stance to another moves the counts of likes and dislikes.
    pub fn moves(before: Option<Self>, after: Option<Self>) -> (i64, i64) {
        let count = |stance: Option<Self>, which: Self| i64::from(stance == Some(which));
        let moved = |which| count(after, which) - count(before, which);
        (moved(Self::Like), moved(Self::Dislike))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_moves_what_it_touches() {
        use Stance::{Dislike, Like};
        let table = [
            (None, Some(Like), (1, 0)),
            (None, Some(Dislike), (0, 1)),
            (Some(Like), Some(Dislike), (-1, 1)),
            (Some(Dislike), Some(Like), (1, -1)),
            (Some(Like), None, (-1, 0)),
            (Some(Like), Some(Like), (0, 0)),
            (None, None, (0, 0)),
        ];
        for (before, after, moves) in table {
            assert_eq!(Stance::moves(before, after), moves, "{before:?} to {after:?}");
        }
    }
}
