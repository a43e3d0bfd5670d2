//! Opens an allocation's log for its owner.

use kit::{Failure, TenantId};

use crate::domain::LogsWanted;
use crate::ports::{Allocations, Standing};

/// What is really to be read, and the word for its end where that is known already: of an allocation at rest nothing
/// more comes, so nobody waits for it. `AllocationNotFound` also for another tenant's.
pub async fn open(
    allocations: &dyn Allocations,
    tenant: TenantId,
    wanted: LogsWanted,
) -> Result<(LogsWanted, Option<String>), Failure> {
    Ok(match allocations.find(tenant, wanted.allocation).await? {
        Standing::Live => (wanted, None),
        Standing::AtRest(state) => {
            let follow = wanted.follow;
            (LogsWanted { follow: false, ..wanted }, follow.then_some(state))
        }
    })
}
