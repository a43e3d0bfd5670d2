//! The host's side of networking: the rules that keep containers off it, and the routes that it has.

use async_trait::async_trait;
use kit::Failure;

use crate::domain::Cidr;

#[async_trait]
pub trait HostNetwork: Send + Sync {
    /// Whether the last pass found that rules can be set on this host, and set them.
    fn enforced(&self) -> bool;
    /// Sets the rules where they are missing or changed; whether anything had to be done.
    async fn firewall_ensure(&self) -> Result<bool, Failure>;
    /// Takes the rules away again, and nothing else.
    async fn firewall_remove(&self) -> Result<(), Failure>;
    /// Ranges that the host routes somewhere, its default route excluded.
    async fn routes(&self) -> Result<Vec<Cidr>, Failure>;
}
