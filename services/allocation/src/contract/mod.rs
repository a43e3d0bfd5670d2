//! What any store of allocations must do. A backend is done when these pass on it.

mod fleet;
mod store;

use std::sync::Arc;

use kit::{Ambient, Bytes, Cpu, TenantId, UserId};

use crate::domain::allocation::Allocation;
use crate::domain::lifecycle::Verb;
use crate::domain::quota::Amounts;
use crate::fixtures;
use crate::ports::store::Change;
use crate::ports::{AllocationFleet, AllocationStore, IdempotencyKey, NewAllocation};

pub use fleet::allocation_fleet;
pub use store::allocation_store;

/// A fresh store with both of its sides.
pub struct World {
    pub store: Arc<dyn AllocationStore>,
    pub fleet: Arc<dyn AllocationFleet>,
    pub ambient: Ambient,
    pub tenant: TenantId,
    /// What must live as long as the store does.
    pub keep: Box<dyn std::any::Any + Send + Sync>,
}

impl World {
    pub fn new(
        store: Arc<dyn AllocationStore>,
        fleet: Arc<dyn AllocationFleet>,
        keep: Box<dyn std::any::Any + Send + Sync>,
    ) -> Self {
        let ambient = Ambient::system();
        let tenant = TenantId::mint(&ambient);
        Self { store, fleet, ambient, tenant, keep }
    }

    fn new_allocation(&self) -> NewAllocation {
        let (allocation, values) =
            fixtures::new_allocation(&self.ambient, self.tenant, fixtures::machine(&self.ambient));
        NewAllocation { allocation, values, key: None }
    }

    fn with_key(&self, key: &str, said: u8) -> NewAllocation {
        let key = Some(IdempotencyKey { key: key.to_owned(), fingerprint: [said; 32] });
        NewAllocation { key, ..self.new_allocation() }
    }

    async fn created(&self) -> Allocation {
        self.store.create(self.tenant, self.new_allocation(), plenty()).await.expect("it fits").0
    }

    fn wish(&self, verb: Verb) -> Change {
        let user = UserId::mint(&self.ambient);
        Change { verb, force: false, new_port: false, user, at: self.ambient.now(), default_quota: plenty() }
    }
}

fn plenty() -> Amounts {
    instances(1_000)
}

fn instances(instances: u32) -> Amounts {
    Amounts { instances, cpu: Cpu::cores(1_000), memory: Bytes::gib(1_000), disk: Bytes::gib(1_000), ports: 1_000 }
}
