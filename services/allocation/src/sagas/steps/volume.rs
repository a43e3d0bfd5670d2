//! Volumes: made empty with their size, removed with all that is in them.

use futures::future::BoxFuture;
use kit::Failure;

use crate::sagas::Scene;

pub fn ensure<'s>(scene: &'s mut Scene<'_>) -> BoxFuture<'s, Result<(), Failure>> {
    Box::pin(async {
        for volume in &scene.allocation.details.volumes {
            scene.engine.ensure_volume(scene.command(), volume).await?;
        }
        Ok(())
    })
}

pub fn remove<'s>(scene: &'s mut Scene<'_>) -> BoxFuture<'s, Result<(), Failure>> {
    Box::pin(async {
        for volume in &scene.allocation.details.volumes {
            scene.engine.remove_volume(scene.command(), volume.id).await?;
        }
        Ok(())
    })
}
