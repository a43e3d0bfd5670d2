//! Readiness: the program answers, or there is a reason why it does not.

use futures::future::BoxFuture;
use kit::Failure;

use crate::domain::plan;
use crate::sagas::Scene;

pub fn wait<'s>(scene: &'s mut Scene<'_>) -> BoxFuture<'s, Result<(), Failure>> {
    Box::pin(async {
        let plan = plan::readiness(&scene.allocation, &scene.values)?;
        scene.engine.wait_ready(scene.command(), &plan).await
    })
}
