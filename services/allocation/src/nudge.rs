//! A word from those who ask for work to those who do it: so that nobody waits for the next timer.

use std::sync::Arc;

use kit::AllocationId;
use tokio::sync::{Notify, broadcast};

/// Tells the work task that there is something new, and about what.
#[derive(Clone)]
pub struct Nudge {
    wake: Arc<Notify>,
    about: broadcast::Sender<AllocationId>,
}

impl Default for Nudge {
    fn default() -> Self {
        Self { wake: Arc::default(), about: broadcast::Sender::new(256) }
    }
}

impl Nudge {
    /// Work may have begun on this one, or taken another's place.
    pub fn about(&self, id: AllocationId) {
        // Nobody listening means that nobody works on it.
        let _ = self.about.send(id);
        self.wake.notify_one();
    }

    /// What others were nudged about from now on.
    pub fn listen(&self) -> broadcast::Receiver<AllocationId> {
        self.about.subscribe()
    }

    pub const fn wake(&self) -> &Arc<Notify> {
        &self.wake
    }
}
