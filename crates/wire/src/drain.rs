//! Going away without loss: a process says "not ready", goes on for a while, then stops accepting.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The stages of going away, shared by all that runs in a process.
#[derive(Clone, Default)]
pub struct Drain {
    draining: Arc<AtomicBool>,
    /// Fires when waits answer with the present state and sockets are handed over.
    pub handover: CancellationToken,
    /// Fires when tasks end.
    pub stop: CancellationToken,
    /// What must end before the process may.
    pub tracker: TaskTracker,
}

impl Drain {
    /// From here on `/readyz` is false and answers carry `Connection: close`.
    pub fn begin(&self) {
        self.draining.store(true, Ordering::Release);
    }

    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }
}
