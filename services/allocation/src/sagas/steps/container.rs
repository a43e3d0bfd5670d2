//! The container itself. It is named after its allocation, so that making it can be repeated.

use futures::future::BoxFuture;
use kit::{ErrorCode, Failure};

use crate::domain::plan;
use crate::sagas::Scene;

/// Makes it; one that is there with another specification (another sandbox, say) is replaced.
pub fn ensure<'s>(scene: &'s mut Scene<'_>) -> BoxFuture<'s, Result<(), Failure>> {
    Box::pin(async {
        let plan = plan::container(&scene.allocation, &scene.values)?;
        match scene.engine.ensure_container(scene.command(), &plan).await {
            Err(failure) if failure.code == ErrorCode::ContainerConflict => {
                scene.engine.remove_container(scene.command()).await?;
                scene.engine.ensure_container(scene.command(), &plan).await
            }
            other => other,
        }
    })
}

pub fn start<'s>(scene: &'s mut Scene<'_>) -> BoxFuture<'s, Result<(), Failure>> {
    Box::pin(async { scene.engine.start_container(scene.command()).await })
}

pub fn stop<'s>(scene: &'s mut Scene<'_>) -> BoxFuture<'s, Result<(), Failure>> {
    Box::pin(async { scene.engine.stop_container(scene.command()).await })
}

pub fn remove<'s>(scene: &'s mut Scene<'_>) -> BoxFuture<'s, Result<(), Failure>> {
    Box::pin(async { scene.engine.remove_container(scene.command()).await })
}

/// The stored log goes with its allocation.
pub fn forget_log<'s>(scene: &'s mut Scene<'_>) -> BoxFuture<'s, Result<(), Failure>> {
    Box::pin(async { scene.engine.forget_log(scene.allocation.id).await })
}
