//! Opens an allocation's log for its owner.

use kit::{Failure, TenantId};

use crate::domain::LogsWanted;
use crate::ports::{Allocations, Standing};

/// A log that its viewer may read.
#[derive(Debug)]
pub struct Opened {
    /// What is really to be read.
    pub wanted: LogsWanted,
    /// The word for its end, where that is known already.
    pub ending: Option<String>,
}

/// Of an allocation at rest nothing more comes, so nobody waits for it. `AllocationNotFound` also for another tenant's.
pub async fn open(allocations: &dyn Allocations, tenant: TenantId, wanted: LogsWanted) -> Result<Opened, Failure> {
    Ok(match allocations.find(tenant, wanted.allocation).await? {
        Standing::Live => Opened { wanted, ending: None },
        Standing::AtRest(state) => {
            let follow = wanted.follow;
            Opened { wanted: LogsWanted { follow: false, ..wanted }, ending: follow.then_some(state) }
        }
    })
}
