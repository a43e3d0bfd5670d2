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

use bus::News;
use cache::Cache;
use kit::Ambient;

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
