//! One file a service: the only places that join its ports to their backends.

pub mod allocation;
pub mod docker;
pub mod feed;
pub mod interact;
pub mod machines;
pub mod notification;
pub mod user;
pub mod verifier;

use kit::Failure;
use wire::Service;

use crate::platform::Platform;

/// All eight, joined and not yet running.
pub async fn all(platform: &Platform) -> Result<Vec<Service>, Failure> {
    Ok(vec![
        user::wire(platform).await?,
        machines::wire(platform).await?,
        verifier::wire(platform).await?,
        docker::wire(platform).await?,
        allocation::wire(platform).await?,
        feed::wire(platform).await?,
        notification::wire(platform).await?,
        interact::wire(platform).await?,
    ])
}
