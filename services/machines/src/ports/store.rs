//! Where the catalogue is kept.

use async_trait::async_trait;
use kit::{Failure, MachineId, Page, PageRequest, Timestamp};

use crate::domain::{Cause, Listing, Machine, Revision};

/// The catalogue's rows, with the revision, the event and the act of each change in the change's transaction. Machines
/// belong to the platform, so no tenant is asked for.
#[async_trait]
pub trait MachineStore: Send + Sync {
    /// `None` also for a deleted one.
    async fn find(&self, id: MachineId) -> Result<Option<Machine>, Failure>;

    /// A cursor of a list with another sort is `InvalidInput` on `cursor`.
    async fn list(&self, listing: &Listing, page: &PageRequest) -> Result<Page<Machine>, Failure>;

    /// A machine as it was at a revision, whether or not it was deleted since; `None` where it never was at that one.
    async fn revision(&self, id: MachineId, revision: u64) -> Result<Option<Revision>, Failure>;

    /// The newest first; none of a machine that never was. Those made before there were records are missing.
    async fn revisions(&self, id: MachineId, page: &PageRequest) -> Result<Page<Revision>, Failure>;

    /// `NameTaken` where a machine that is not deleted has the name.
    async fn create(&self, machine: &Machine, cause: &Cause) -> Result<(), Failure>;

    /// Puts `after` in the place of `before`. `RevisionMismatch` where that is not what stands there, `NameTaken` as above.
    async fn replace(&self, before: &Machine, after: &Machine, cause: &Cause) -> Result<(), Failure>;

    /// Whether the import was done, ever.
    async fn is_imported(&self) -> Result<bool, Failure>;

    /// Takes all machines or none, once ever; says whether this was the time. A name that is taken stays with who has it.
    async fn import(&self, machines: &[Machine], at: Timestamp) -> Result<bool, Failure>;
}
