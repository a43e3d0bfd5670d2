//! What the verifier is asked, one question a file.

mod allocation;
mod check;
mod check_key;
mod confirmations;
mod machine;
mod resolve;
mod revocation;
mod tenant;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bus::News;
use cache::Cache;
use kit::{Ambient, Timestamp};

use crate::config::VerifierConfig;
use crate::ports::{Owners, ReadModel};

pub use allocation::allocation;
pub use check::check;
pub use check_key::{KeyAsking, check_key};
pub use confirmations::Confirmations;
pub use machine::machine;
pub use revocation::Revocation;
pub use tenant::tenant;

/// What every question has at hand.
#[derive(Clone)]
pub struct App {
    pub model: Arc<dyn ReadModel>,
    pub owners: Arc<dyn Owners>,
    /// Verdicts of the last second.
    pub cache: Arc<dyn Cache>,
    pub revocation: Arc<Revocation>,
    pub confirmations: Arc<Confirmations>,
    pub news: News,
    pub ambient: Ambient,
    pub config: VerifierConfig,
}

impl App {
    /// Whether something is younger than this. What lies further ahead than that is not: a clock is wrong then.
    fn is_within(&self, life: Duration, at: Timestamp) -> bool {
        let now = self.ambient.now();
        now.since(at) < life && at.since(now) < life
    }
}
