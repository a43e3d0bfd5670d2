//! What the caller's tenant may hold, and holds.

use kit::{Caller, Failure};

use super::Desk;
use crate::domain::quota::Amounts;

/// The bounds, and what is used of them.
pub async fn quota(desk: &Desk, caller: &Caller) -> Result<(Amounts, Amounts), Failure> {
    desk.store.quota(caller.tenant, desk.default_quota).await
}
