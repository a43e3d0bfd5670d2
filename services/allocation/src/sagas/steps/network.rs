//! The tenant's network: made with the first allocation, gone with the last.

use futures::future::BoxFuture;
use kit::Failure;

use crate::sagas::Scene;

pub fn ensure<'s>(scene: &'s mut Scene<'_>) -> BoxFuture<'s, Result<(), Failure>> {
    Box::pin(async {
        let network = scene.engine.ensure_network(scene.command()).await?;
        scene.progress.network = Some(network);
        Ok(())
    })
}

pub fn release<'s>(scene: &'s mut Scene<'_>) -> BoxFuture<'s, Result<(), Failure>> {
    Box::pin(async { scene.engine.release_network(scene.command()).await })
}
