//! Counts of many machines at once, for lists.

use async_trait::async_trait;
use kit::{Failure, MachineId};

use crate::domain::Counts;

#[async_trait]
pub trait CountStore: Send + Sync {
    /// One answer for each machine named, in the order of the question; what is said of one machine's likes is of one moment.
    async fn counts(&self, machines: &[MachineId]) -> Result<Vec<Counts>, Failure>;
}
