//! Host ports. The first lease is taken with the row itself; this takes them again where a failure gave them back.
//! Their release is part of the ending, in one transaction with the quota.

use futures::future::BoxFuture;
use kit::Failure;

use crate::sagas::Scene;

pub fn lease<'s>(scene: &'s mut Scene<'_>) -> BoxFuture<'s, Result<(), Failure>> {
    Box::pin(async {
        if scene.allocation.ports.iter().any(|port| port.host_port.is_none()) {
            let after = scene.fleet.lease_ports(scene.ticket, scene.ambient.now()).await?;
            scene.renew(after);
        }
        Ok(())
    })
}
