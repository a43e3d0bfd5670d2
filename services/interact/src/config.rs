//! What can be set about sockets.

use std::time::Duration;

use kit::Span;
use serde::{Deserialize, Serialize};

use crate::use_cases::Pace;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InteractConfig {
    /// How long a socket may take to say who it is.
    pub first_message: Span,
    /// How many sockets of one address may be at that.
    pub unauthenticated_per_address: usize,
    /// How many frames wait for a client that reads slowly; then the oldest lines are dropped and counted.
    pub backlog_frames: usize,
    /// The same in bytes of text.
    pub backlog_bytes: usize,
    /// How often an open socket's session is looked at again, whatever was heard of closings.
    pub recheck: Span,
    /// How often is looked whether a followed allocation came to rest without a word in its log.
    pub rest: Span,
    /// How often a quiet client is asked for a sign of life; after three times without one it is gone.
    pub ping: Span,
}

impl Default for InteractConfig {
    fn default() -> Self {
        Self {
            first_message: Span::seconds(5),
            unauthenticated_per_address: 50,
            backlog_frames: 1024,
            backlog_bytes: 256 << 10,
            recheck: Span::seconds(30),
            rest: Span::seconds(10),
            // Well below the 75 s after which NGINX gives a silent connection up.
            ping: Span::seconds(25),
        }
    }
}

impl InteractConfig {
    /// A socket goes on for a minute where nobody can say whether its session is open.
    pub(crate) fn pace(&self) -> Pace {
        Pace { recheck: self.recheck.get(), again: Duration::from_secs(2), benefit: Duration::from_secs(60) }
    }
}
