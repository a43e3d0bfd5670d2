//! How fast people may comment, and how long a name is waited for.

use std::time::Duration;

use crate::domain::Pace;

#[derive(Clone, Copy, Debug)]
pub struct FeedConfig {
    /// How many comments one user may write in how long.
    pub comment_pace: Pace,
    /// How long the answer to a new comment waits for the event that names its author.
    pub patience: Duration,
}

impl Default for FeedConfig {
    fn default() -> Self {
        Self {
            comment_pace: Pace { most: 30, within: Duration::from_secs(3600) },
            patience: Duration::from_millis(250),
        }
    }
}
