//! Counts for a list of machines.

use kit::{Failure, MachineId};

use super::App;
use crate::domain::Counts;

/// `InvalidInput` where more than `Counts::MOST` machines are named.
pub async fn counts(app: &App, machines: &[MachineId]) -> Result<Vec<Counts>, Failure> {
    if machines.len() > Counts::MOST {
        return Err(Failure::invalid("machine_ids", format!("At most {} machines at once.", Counts::MOST)));
    }
    app.counts.counts(machines).await
}
