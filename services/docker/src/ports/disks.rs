//! Block devices that hold volumes to their size.

use async_trait::async_trait;
use kit::{Bytes, Failure, VolumeId};

#[async_trait]
pub trait Disks: Send + Sync {
    /// Whether the kernel holds volumes to their size on this host.
    fn enforced(&self) -> bool;
    /// A device of the size with an empty filesystem, attached, by a path that stays the same over reboots.
    /// `None` where the host cannot; `site_full` where the bytes are not there.
    async fn ensure(&self, volume: VolumeId, size: Bytes) -> Result<Option<String>, Failure>;
    /// Detaches and forgets. Done where there is none.
    async fn remove(&self, volume: VolumeId) -> Result<(), Failure>;
    /// Attaches again what a reboot detached; how many.
    async fn reattach(&self) -> Result<u64, Failure>;
    /// Bytes that volumes may still take.
    async fn free(&self) -> Result<u64, Failure>;
}
