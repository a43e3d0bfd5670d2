//! The contract on SQLite, and a store that forgets its tenant to prove that the suite notices.

use std::sync::Arc;

use async_trait::async_trait;
use kit::{AllocationId, Ambient, Failure, MasterKey, Page, PageRequest, TenantId};
use sqlite::Database;
use tokio::sync::watch;

use super::{MIGRATIONS, Settings, SqliteStore};
use crate::contract::{World, allocation_fleet, allocation_store};
use crate::domain::allocation::{Allocation, LedgerEntry, PropertyValues};
use crate::domain::quota::Amounts;
use crate::ports::store::{AllocationStore, Change, Filter, IdempotencyKey, NewAllocation};

async fn fresh() -> (SqliteStore, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::open(&directory.path().join("a.db"), &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
    let ambient = Ambient::system();
    let settings = Settings {
        sealing: MasterKey::mint(&ambient).derive("test"),
        ambient,
        ports: (20_000, 29_999),
        public_host: "127.0.0.1".into(),
    };
    (SqliteStore::new(database, settings), directory)
}

pub async fn world() -> World {
    let (store, directory) = fresh().await;
    World::new(Arc::new(store.clone()), Arc::new(store), Box::new(directory))
}

#[tokio::test]
async fn sqlite_keeps_the_tenants_contract() {
    testkit::contract::passes(allocation_store(), world).await;
}

#[tokio::test]
async fn sqlite_keeps_the_fleets_contract() {
    testkit::contract::passes(allocation_fleet(), world).await;
}

/// Answers anybody about anything, and lets everybody have as much as they like.
struct Careless {
    store: SqliteStore,
}

#[async_trait]
impl AllocationStore for Careless {
    async fn find(&self, _: TenantId, id: AllocationId) -> Result<Option<Allocation>, Failure> {
        crate::ports::AllocationFleet::find(&self.store, id).await
    }

    async fn find_by_key(&self, tenant: TenantId, key: &IdempotencyKey) -> Result<Option<Allocation>, Failure> {
        self.store.find_by_key(tenant, key).await
    }

    async fn create(
        &self,
        tenant: TenantId,
        new: NewAllocation,
        mut bound: Amounts,
    ) -> Result<(Allocation, bool), Failure> {
        bound.instances = 1_000;
        self.store.create(tenant, new, bound).await
    }

    async fn list(&self, tenant: TenantId, filter: &Filter, page: &PageRequest) -> Result<Page<Allocation>, Failure> {
        self.store.list(tenant, filter, page).await
    }

    async fn change(&self, tenant: TenantId, id: AllocationId, change: Change) -> Result<Allocation, Failure> {
        self.store.change(tenant, id, change).await
    }

    async fn ledger(&self, tenant: TenantId, id: AllocationId, limit: u32) -> Result<Vec<LedgerEntry>, Failure> {
        self.store.ledger(tenant, id, limit).await
    }

    async fn values(&self, tenant: TenantId, id: AllocationId) -> Result<PropertyValues, Failure> {
        self.store.values(tenant, id).await
    }

    async fn quota(&self, tenant: TenantId, default: Amounts) -> Result<(Amounts, Amounts), Failure> {
        self.store.quota(tenant, default).await
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.store.changes()
    }
}

#[tokio::test]
async fn a_careless_store_is_found_out() {
    let careless = || async {
        let (store, directory) = fresh().await;
        World::new(Arc::new(Careless { store: store.clone() }), Arc::new(store), Box::new(directory))
    };
    let expected = ["a_strangers_is_none", "a_quota_of_three_gives_three_of_fifty"];
    testkit::contract::fails(allocation_store(), careless, &expected).await;
}
