//! Allocations across tenants, for sagas and tasks only: who works on what, and what that work records.
//! Everything under a ticket is refused with `stale_epoch` once another has taken the work over.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use kit::{AllocationId, Failure, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::allocation::{Allocation, Cause, Details, PropertyValues, Reason};
use crate::domain::lifecycle::{State, Work};

/// A lease on the work on one allocation: 10 s on the database's clock, renewed every 3 s.
#[derive(Clone, Debug)]
pub struct Ticket {
    pub id: AllocationId,
    pub work: Work,
    /// The lease's number; engine commands carry it.
    pub epoch: u64,
    /// Which of the works that this allocation ever had.
    pub generation: i64,
    pub progress: Progress,
}

/// How far a saga is: saved after each step, so that a crash loses none. Unknown fields are passed over: a newer version may have
/// written them while this one still runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// The index of the step to do, or to undo.
    pub step: usize,
    pub undoing: bool,
    /// Why it is being undone: code and sentence.
    pub failure: Option<(String, String)>,
    /// The image as the engine has it, until the ending records it.
    pub image_digest: Option<String>,
    /// The network that the sandbox joins.
    pub network: Option<String>,
    /// How often the present step was tried in vain.
    pub attempts: u32,
    /// The last pause began here, in microseconds: pauses are bounded by the state's deadline.
    pub waiting_since: Option<i64>,
}

/// How a work ends.
#[derive(Clone, Debug)]
pub struct Ending {
    pub state: State,
    pub reason: Option<Reason>,
    pub cause: Cause,
    pub details: Details,
    /// Whether ports, quota and name go back.
    pub release: Release,
    pub at: Timestamp,
}

/// What there is, for operators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// How many are in each state, removed ones left out; a state without any may be missing.
    pub states: BTreeMap<State, u64>,
    /// How long the work that waits longest is due and in nobody's hands; none at all is zero.
    pub waiting: Duration,
}

/// What an ending gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    Nothing,
    /// Ports and quota; the name stays taken.
    Leases,
    /// Everything: it is removed.
    All,
}

/// The fleet.
#[async_trait]
pub trait AllocationFleet: Send + Sync {
    async fn find(&self, id: AllocationId) -> Result<Option<Allocation>, Failure>;

    /// All that are not removed.
    async fn live(&self) -> Result<Vec<Allocation>, Failure>;

    async fn values(&self, id: AllocationId) -> Result<PropertyValues, Failure>;

    /// Takes up to `limit` works that are due and that nobody holds. Claims that run at the same time, in whatever process,
    /// take no work twice and do not wait for each other.
    async fn claim(&self, owner: &str, limit: u32) -> Result<Vec<(Ticket, Allocation)>, Failure>;

    /// Holds a lease for 10 s more.
    async fn renew(&self, ticket: &Ticket) -> Result<(), Failure>;

    /// Saves how far the saga is.
    async fn save(&self, ticket: &Ticket, progress: &Progress) -> Result<(), Failure>;

    /// Gives the work back until a pause is over.
    async fn postpone(&self, ticket: &Ticket, progress: &Progress, pause: Duration) -> Result<(), Failure>;

    /// Gives the work back as it was last saved: whoever wants it has it at once.
    async fn give_back(&self, ticket: &Ticket) -> Result<(), Failure>;

    /// Records a state on the way: row, ledger and event in one transaction.
    async fn enter(
        &self,
        ticket: &Ticket,
        state: State,
        details: &Details,
        at: Timestamp,
    ) -> Result<Allocation, Failure>;

    /// Leases what ports it has not, each from the site's range. `site_full`.
    async fn lease_ports(&self, ticket: &Ticket, at: Timestamp) -> Result<Allocation, Failure>;

    /// Takes another port in place of one that cannot be bound, which is set aside for 10 minutes.
    async fn replace_port(&self, ticket: &Ticket, bad: u16, at: Timestamp) -> Result<Allocation, Failure>;

    /// Notes that the ports were bound: they stay from now on.
    async fn bind_ports(&self, ticket: &Ticket) -> Result<(), Failure>;

    /// Ends the work; what the owner wants by now may begin the next at once.
    async fn finish(&self, ticket: &Ticket, ending: Ending) -> Result<Allocation, Failure>;

    /// Begins a work that nobody asked for, unless one is under way or the allocation changed since `seen`.
    /// Says whether it did.
    async fn begin(&self, seen: &Allocation, begin: Begin) -> Result<bool, Failure>;

    /// Records that it failed without a work, unless it changed since `seen`.
    async fn fail(&self, seen: &Allocation, reason: Reason, cause: Cause, at: Timestamp) -> Result<bool, Failure>;

    /// Frees works that a process held which is known to be gone: whoever opens a store that nobody else can have open
    /// knows it of all. Where others share the store nobody does, and leases run out by themselves. Returns how many.
    async fn forget_leases(&self) -> Result<u64, Failure>;

    /// Counts what there is.
    async fn census(&self) -> Result<Census, Failure>;

    /// When what is here was last restored from a backup: the engine may have things since then that are not in it.
    async fn restored_at(&self) -> Result<Option<Timestamp>, Failure>;

    /// How far the site's hints were heard, and that they were heard up to a place.
    async fn hint_position(&self) -> Result<u64, Failure>;
    async fn hints_heard(&self, position: u64) -> Result<(), Failure>;

    /// Removes keys older than 24 h, set-aside ports whose time is over, and allocations that were removed and tenants
    /// that were closed 30 days ago.
    async fn sweep(&self, at: Timestamp) -> Result<u64, Failure>;
}

/// A work that the reconciler begins.
#[derive(Clone, Debug)]
pub struct Begin {
    pub work: Work,
    pub cause: Cause,
    pub reason: Option<Reason>,
    pub details: Details,
    pub pause: Duration,
    pub at: Timestamp,
}
