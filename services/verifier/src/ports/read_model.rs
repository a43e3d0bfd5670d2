//! The copy of users, machines and allocations, built from events and from nothing else.

use async_trait::async_trait;
use bus::{Topic, consume::DeadLetter};
use kit::{AllocationId, Failure, MachineId, TenantId, UserId};

use crate::domain::{AllocationCopy, Effect, MachineCopy, Person};

/// What one batch of events comes to.
#[derive(Clone, Debug)]
pub struct Intake {
    pub topic: Topic,
    pub effects: Vec<Effect>,
    /// Events that could not be read.
    pub letters: Vec<DeadLetter>,
    /// The last event's position.
    pub position: u64,
}

/// All that a read model holds, each by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    pub people: Vec<Person>,
    pub machines: Vec<MachineCopy>,
    pub allocations: Vec<AllocationCopy>,
}

#[async_trait]
pub trait ReadModel: Send + Sync {
    /// Also a deleted one, marked so.
    async fn person(&self, user: UserId) -> Result<Option<Person>, Failure>;

    /// Who owns a tenant; `None` for a deleted one's.
    async fn tenant_owner(&self, tenant: TenantId) -> Result<Option<UserId>, Failure>;

    /// Also a deleted one, marked so.
    async fn machine(&self, id: MachineId) -> Result<Option<MachineCopy>, Failure>;

    /// `None` also for another tenant's.
    async fn allocation(&self, tenant: TenantId, id: AllocationId) -> Result<Option<AllocationCopy>, Failure>;

    /// Everything at once: for a look at whether two read models are the same.
    async fn contents(&self) -> Result<Contents, Failure>;

    /// How far a consumer has come in a topic; 0 before its first event.
    async fn position(&self, consumer: &'static str, topic: Topic) -> Result<u64, Failure>;

    /// Effects and dead letters, and with them or behind them the position. An effect whose revision is not above what is
    /// there is passed over, so that repeats and stragglers change nothing, whoever else takes events in at the same time.
    async fn take(&self, consumer: &'static str, intake: Intake) -> Result<(), Failure>;
}
