//! What the engine says of an allocation's container now, with its last lines where it ended.

use kit::{AllocationId, Failure};

use super::App;
use super::container_start::missing;
use crate::domain::FoundContainer;
use crate::domain::identity::container_name;

/// How many last lines an answer has.
pub(super) const LINES: usize = 20;

/// `allocation_not_found` where there is none.
pub async fn container_inspect(app: &App, allocation: AllocationId) -> Result<(FoundContainer, Vec<String>), Failure> {
    let name = container_name(allocation);
    let there = app.engine.inspect(&name).await?.ok_or_else(missing)?;
    let ended = there.container.exit_code.is_some();
    let lines = if ended { app.engine.last_lines(&name, LINES).await? } else { Vec::new() };
    Ok((there.container, lines))
}
