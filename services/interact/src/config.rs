//! What can be set about sockets.

use kit::Span;
use serde::{Deserialize, Serialize};

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
    /// How soon it is looked at once more after news: a verdict may be a second old.
    pub again: Span,
    /// How long a socket goes on while nobody can say whether its session is open.
    pub benefit: Span,
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
            again: Span::seconds(2),
            benefit: Span::seconds(60),
            rest: Span::seconds(10),
            // Well below the 75 s after which NGINX gives a silent connection up.
            ping: Span::seconds(25),
        }
    }
}
