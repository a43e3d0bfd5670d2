//! What people made of machines, as the feed counts it.

use std::collections::HashMap;

use async_trait::async_trait;
use kit::{Failure, MachineId};

use crate::domain::Standing;

#[async_trait]
pub trait Standings: Send + Sync {
    /// All in one question, at most 200. A machine that nobody spoke of may be missing.
    async fn of(&self, machines: &[MachineId]) -> Result<HashMap<MachineId, Standing>, Failure>;
}
