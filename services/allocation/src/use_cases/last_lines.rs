//! The end of a log, for a message that says why something failed.

use futures::TryStreamExt as _;
use kit::{AllocationId, Failure, TenantId};

use super::Desk;
use crate::ports::LogOptions;

/// Nobody reads more in a message.
const MOST: u32 = 100;

/// The last stored lines, oldest first, at most 100. `allocation_not_found` also for another tenant's.
pub async fn last_lines(desk: &Desk, tenant: TenantId, id: AllocationId, lines: u32) -> Result<Vec<String>, Failure> {
    desk.find(tenant, id).await?;
    let wanted = lines.min(MOST);
    if wanted == 0 {
        return Ok(Vec::new());
    }
    let options = LogOptions { tail: Some(u64::from(wanted)), ..LogOptions::default() };
    let lines = desk.engine.log(id, &options).await?;
    lines.map_ok(|line| line.line).try_collect().await
}
