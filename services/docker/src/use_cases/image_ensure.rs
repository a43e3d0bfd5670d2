//! The image as the engine has it, pulled when missing.

use kit::{ErrorCode, Failure};

use super::App;
use crate::domain::{Command, ImageRef};

/// The image's digest. Takes no turn: a pull may take minutes, in which the allocation can be removed.
pub async fn image_ensure(app: &App, command: &Command, image: &ImageRef) -> Result<String, Failure> {
    app.admit(command).await?;
    if let Some(digest) = app.engine.image_find(image).await? {
        return Ok(digest);
    }
    tracing::info!(image = %image, allocation.id = %command.owner.allocation, "pulling image {image}");
    app.engine.image_pull(image).await?;
    let gone = || Failure::new(ErrorCode::ImagePullFailed, format!("The image {image} could not be had."));
    app.engine.image_find(image).await?.ok_or_else(gone)
}
