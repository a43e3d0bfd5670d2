//! Where a relay sends events to.

use std::time::Duration;

use async_trait::async_trait;
use kit::Failure;

use crate::event::Event;

/// When an event that was not acknowledged is given up, to be sent again. A relay whose leases end sooner sends nothing,
/// so that what it gave up is not on its way any more when another relay takes over.
pub const DELIVERY: Duration = Duration::from_secs(5);

#[async_trait]
pub trait Producer: Send + Sync {
    /// Hands events over in this order, waiting for none before the next, and then waits until each was acknowledged or
    /// given up. One answer an event. What was given up may have arrived all the same, and then it arrives twice.
    async fn produce(&self, events: &[&Event]) -> Vec<Result<(), Failure>>;
}
