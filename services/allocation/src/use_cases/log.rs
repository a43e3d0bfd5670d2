//! The stored log of one allocation, on record before it is given.

use futures::stream::BoxStream;
use kit::{AllocationId, Caller, Failure};

use super::{Desk, act};
use crate::domain::allocation::Allocation;
use crate::ports::LogOptions;
use crate::ports::engine::LogLine;

/// The allocation whose log it is, and the lines, oldest first.
pub async fn log(
    desk: &Desk,
    caller: &Caller,
    id: AllocationId,
    options: &LogOptions,
) -> Result<(Allocation, BoxStream<'static, Result<LogLine, Failure>>), Failure> {
    let allocation = desk.find(caller.tenant, id).await?;
    let lines = desk.engine.log(id, options).await?;
    desk.store.record(act(caller, "allocation.logs", &allocation)).await?;
    Ok((allocation, lines))
}
