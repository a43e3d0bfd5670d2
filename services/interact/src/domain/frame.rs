//! What a viewer asks for and gets.

use kit::{AllocationId, Timestamp};

use super::Cursor;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    Stdout,
    Stderr,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogFrame {
    Line {
        cursor: Cursor,
        time: Timestamp,
        output: Output,
        text: String,
    },
    /// Lines that are missing; how many, where that is known.
    Gap {
        dropped: Option<u64>,
    },
    /// Nothing follows.
    End {
        reason: String,
    },
    /// What was stored is given; what follows is live.
    Ready,
}

impl LogFrame {
    /// What it weighs while it waits.
    pub fn weight(&self) -> usize {
        match self {
            Self::Line { text, .. } => text.len(),
            Self::Gap { .. } | Self::End { .. } | Self::Ready => 0,
        }
    }
}

/// Which part of an allocation's log, and whether what comes later too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogsWanted {
    pub allocation: AllocationId,
    pub follow: bool,
    /// How many stored lines to begin with; all where absent.
    pub tail: Option<u64>,
    /// Only what stands behind it.
    pub after: Option<Cursor>,
    /// Only lines of that time and later.
    pub since: Option<Timestamp>,
    /// Only this output; both where absent.
    pub output: Option<Output>,
    /// Only lines that contain it.
    pub grep: Option<String>,
}
