//! The stored log of one allocation.

use futures::stream::BoxStream;
use kit::{AllocationId, Caller, Failure};

use super::Desk;
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
    let allocation = desk.find(caller, id).await?;
    let lines = desk.engine.log(id, options).await?;
    Ok((allocation, lines))
}
