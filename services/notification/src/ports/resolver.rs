//! Names into addresses: a port, so that a test can be the name server that lies.

use std::net::IpAddr;

use async_trait::async_trait;
use kit::Failure;

#[async_trait]
pub trait Resolver: Send + Sync {
    /// All addresses of a host. `WebhookUnreachable` where it has none, `PeerUnavailable` where nobody could be asked.
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, Failure>;
}
