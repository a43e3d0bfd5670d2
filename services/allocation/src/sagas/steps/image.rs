//! The image: had or pulled, and its digest noted, so that what ran once runs again.

use futures::future::BoxFuture;
use kit::Failure;

use crate::sagas::Scene;

pub fn ensure<'s>(scene: &'s mut Scene<'_>) -> BoxFuture<'s, Result<(), Failure>> {
    Box::pin(async {
        let command = scene.command();
        let image = match &scene.allocation.details.image_digest {
            Some(digest) => digest.clone(),
            None => scene.allocation.spec().image.clone(),
        };
        let digest = scene.engine.ensure_image(command, &image).await?;
        scene.progress.image_digest = Some(digest.clone());
        scene.allocation.details.image_digest = Some(digest);
        Ok(())
    })
}
