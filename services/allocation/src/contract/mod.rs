//! What any store of allocations must do. A backend is done when these pass on it.

mod changes;
mod fleet;
mod lists;
mod oversight;
mod replicas;
mod store;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bus::{Event, Source};
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt as _};
use kit::{Act, AllocationId, Ambient, Bytes, Cpu, ErrorCode, Failure, Left, TenantId, UserId};
use prost::Message as _;
use proto::v1::AuditRecorded;

use crate::domain::allocation::{Allocation, Cause};
use crate::domain::lifecycle::Verb;
use crate::domain::quota::Amounts;
use crate::fixtures;
use crate::ports::store::{Change, Word};
use crate::ports::{AllocationFleet, AllocationOversight, AllocationStore, IdempotencyKey, NewAllocation};

pub use changes::allocation_changes;
pub use fleet::allocation_fleet;
pub use lists::allocation_lists;
pub use oversight::allocation_oversight;
pub use replicas::allocation_replicas;
pub use store::allocation_store;

/// The sides of one store, and what it announces.
pub struct Sides {
    pub store: Arc<dyn AllocationStore>,
    pub fleet: Arc<dyn AllocationFleet>,
    pub oversight: Arc<dyn AllocationOversight>,
    pub events: Arc<dyn Source>,
    pub acts: Arc<dyn Source>,
    pub replica: Replica,
    pub time: Arc<dyn Time>,
}

/// The same store as another process has it open, at a site with a hundred host ports.
pub struct Replica {
    pub store: Arc<dyn AllocationStore>,
    pub fleet: Arc<dyn AllocationFleet>,
    pub oversight: Arc<dyn AllocationOversight>,
}

/// The clock by which leases run.
pub trait Time: Send + Sync {
    /// Lets leases and pauses be older by so much.
    fn pass(&self, span: Duration) -> BoxFuture<'_, ()>;
}

/// A fresh store with all its sides.
pub struct World {
    pub store: Arc<dyn AllocationStore>,
    pub fleet: Arc<dyn AllocationFleet>,
    pub oversight: Arc<dyn AllocationOversight>,
    events: Arc<dyn Source>,
    acts: Arc<dyn Source>,
    pub replica: Replica,
    pub time: Arc<dyn Time>,
    pub ambient: Ambient,
    pub tenant: TenantId,
    /// What must live as long as the store does.
    pub keep: Box<dyn std::any::Any + Send + Sync>,
}

impl World {
    pub fn new(sides: Sides, keep: Box<dyn std::any::Any + Send + Sync>) -> Self {
        let ambient = Ambient::system();
        let tenant = TenantId::mint(&ambient);
        let Sides { store, fleet, oversight, events, acts, replica, time } = sides;
        Self { store, fleet, oversight, events, acts, replica, time, ambient, tenant, keep }
    }

    /// One that the world's tenant is to have.
    pub fn new_allocation(&self) -> NewAllocation {
        self.new_allocation_of(self.tenant)
    }

    fn new_allocation_of(&self, tenant: TenantId) -> NewAllocation {
        let machine = fixtures::machine(&self.ambient);
        let (allocation, values) = fixtures::new_allocation(&self.ambient, tenant, machine);
        let act = Act::anonymous("allocation.create", "allocation", allocation.id);
        NewAllocation { allocation, values, key: None, act }
    }

    fn named(&self, name: &str) -> NewAllocation {
        let mut new = self.new_allocation();
        name.clone_into(&mut new.allocation.name);
        new
    }

    fn with_key(&self, key: &str, said: u8) -> NewAllocation {
        let key = Some(IdempotencyKey { key: key.to_owned(), fingerprint: [said; 32] });
        NewAllocation { key, ..self.new_allocation() }
    }

    async fn create(&self, new: NewAllocation) -> Allocation {
        insist(self.store.as_ref(), new, plenty()).await.expect("it fits").0
    }

    async fn created(&self) -> Allocation {
        self.create(self.new_allocation()).await
    }

    /// Somebody's word, now; the act is called `allocation.VERB`.
    pub fn word(&self, verb: &str, id: AllocationId) -> Word {
        let cause = Cause::User(UserId::mint(&self.ambient));
        let act = Act::anonymous(&format!("allocation.{verb}"), "allocation", id);
        Word { cause, act, at: self.ambient.now() }
    }

    /// A wish for an allocation, with plenty to take from.
    pub fn wish(&self, verb: Verb, id: AllocationId) -> Change {
        let action = match verb {
            Verb::Start => "start",
            Verb::Stop => "stop",
            Verb::Restart => "restart",
            Verb::Remove => "remove",
        };
        let word = self.word(action, id);
        Change { verb, force: false, new_port: false, word, default_quota: plenty() }
    }

    /// All acts so far, oldest first, with their places in the outbox.
    pub async fn acts(&self) -> Vec<(u64, AuditRecorded)> {
        let records = self.acts.after(0, 10_000).await.expect("the outbox is read");
        let act = |data: &[u8]| AuditRecorded::decode(data).expect("an act is one");
        records.iter().map(|record| (record.position, act(&record.event.data))).collect()
    }

    /// All events so far, oldest first, with their places in the outbox.
    async fn events(&self) -> Vec<(u64, Event)> {
        let records = self.events.after(0, 10_000).await.expect("the outbox is read");
        records.into_iter().map(|record| (record.position, record.event)).collect()
    }
}

/// Asks again where a server is so busy with other tests that it turns somebody away, as clients do who are told to.
async fn insist(
    store: &dyn AllocationStore,
    new: NewAllocation,
    bound: Amounts,
) -> Result<(Allocation, bool), Failure> {
    loop {
        match store.create(new.allocation.tenant, new.clone(), bound).await {
            Err(busy) if busy.code == ErrorCode::StoreUnavailable && busy.left == Left::Nothing => {}
            other => return other,
        }
    }
}

/// Runs all, many of them at any time: as many as there are connections of two replicas.
async fn at_once<F: Future>(all: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    stream::iter(all).buffered(32).collect().await
}

/// What nobody uses up.
pub fn plenty() -> Amounts {
    instances(1_000)
}

fn instances(instances: u32) -> Amounts {
    Amounts { instances, cpu: Cpu::cores(1_000), memory: Bytes::gib(1_000), disk: Bytes::gib(1_000), ports: 1_000 }
}
