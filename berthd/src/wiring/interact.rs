//! Joins interact to the verifier and the docker service; it has no backend of its own.

use std::sync::Arc;

use berth_interact::Deps;
use berth_interact::peers::{EngineLogs, VerifierAllocations, VerifierClosures};
use kit::{Failure, ServiceName};

use crate::backing::Wired;
use crate::platform::Platform;

#[allow(clippy::unused_async, reason = "all services are wired alike")]
pub async fn wire(platform: &Platform) -> Result<Wired, Failure> {
    let verifier = platform.peer(ServiceName::Interact, ServiceName::Verifier);
    let docker = platform.peer(ServiceName::Interact, ServiceName::Docker);
    Ok(Wired::bare(berth_interact::build(Deps {
        logs: Arc::new(EngineLogs::new(&docker)),
        allocations: Arc::new(VerifierAllocations::new(&verifier)),
        closures: Arc::new(VerifierClosures::new(&verifier)),
        door: platform.door(ServiceName::Interact),
        drain: platform.drain.clone(),
        config: platform.config.interact.clone(),
    })))
}
