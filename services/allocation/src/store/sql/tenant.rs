//! The tenant's side of the store.

use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use kit::{Act, AllocationId, ErrorCode, Failure, Page, PageRequest, ServiceName, TenantId};
use sql::{Connection, Stored as _};
use tokio::sync::watch;

use super::rows::{self, select_allocation};
use super::{LOOK_EVERY, Settings, SqlStore, change, create, ledger, listing, locks, record, usage};
use crate::domain::allocation::{Allocation, LedgerEntry, PropertyValues};
use crate::domain::listing::Filter;
use crate::domain::quota::{Amounts, Quota};
use crate::ports::store::{AllocationStore, Change, IdempotencyKey, NewAllocation, Word};

impl SqlStore {
    /// Runs `make` on the tenant's allocation and records the act, in one transaction. `allocation_not_found`.
    async fn on_own<F>(&self, tenant: TenantId, id: AllocationId, act: Act, make: F) -> Result<Allocation, Failure>
    where
        F: for<'c> FnOnce(&'c mut Connection, Settings, Allocation) -> BoxFuture<'c, Result<Allocation, Failure>>
            + Clone
            + Send
            + 'static,
    {
        let settings = self.settings.clone();
        let write = self.write(move |c| {
            Box::pin(async move {
                locks::tenant(&mut *c, tenant).await?;
                let before = locks::allocation(&mut *c, id).await?.filter(|allocation| allocation.tenant == tenant);
                let before = before.ok_or_else(|| Failure::of(ErrorCode::AllocationNotFound))?;
                let after = make(&mut *c, settings.clone(), before).await?;
                record::act(c, &settings, act, &after).await?;
                Ok(after)
            })
        });
        write.await
    }
}

#[async_trait]
impl AllocationStore for SqlStore {
    async fn find(&self, tenant: TenantId, id: AllocationId) -> Result<Option<Allocation>, Failure> {
        let query = sql::query(select_allocation!("WHERE a.id = ? AND a.tenant_id = ?"));
        let row = query.bind(id.as_bytes()).bind(tenant.as_bytes()).fetch_optional(self.database.readers()).await;
        row.stored()?.as_ref().map(rows::allocation).transpose()
    }

    async fn find_by_key(&self, tenant: TenantId, key: &IdempotencyKey) -> Result<Option<Allocation>, Failure> {
        create::by_key(self.database.readers().into(), tenant, key, self.settings.ambient.now()).await
    }

    async fn create(
        &self,
        tenant: TenantId,
        new: NewAllocation,
        default: Amounts,
    ) -> Result<(Allocation, bool), Failure> {
        let settings = self.settings.clone();
        self.write(move |c| Box::pin(async move { create::create(c, &settings, tenant, &new, default).await })).await
    }

    async fn list(&self, tenant: TenantId, filter: &Filter, page: &PageRequest) -> Result<Page<Allocation>, Failure> {
        listing::list(self.database.readers(), Some(tenant), filter, page).await
    }

    async fn change(&self, tenant: TenantId, id: AllocationId, change: Change) -> Result<Allocation, Failure> {
        let act = change.word.act.clone();
        let change = self.on_own(tenant, id, act, move |c, settings, before| {
            Box::pin(async move { change::apply(c, &settings, &before, &change).await })
        });
        change.await
    }

    async fn rename(&self, tenant: TenantId, id: AllocationId, name: &str, word: Word) -> Result<Allocation, Failure> {
        let (name, act) = (name.to_owned(), word.act.clone());
        let rename = self.on_own(tenant, id, act, move |c, settings, before| {
            Box::pin(async move { change::rename(c, &settings, &before, &name, &word).await })
        });
        rename.await
    }

    async fn ledger(
        &self,
        tenant: TenantId,
        id: AllocationId,
        page: &PageRequest,
    ) -> Result<Page<LedgerEntry>, Failure> {
        ledger::read(self.database.readers(), tenant, id, page).await
    }

    async fn values(&self, tenant: TenantId, id: AllocationId) -> Result<PropertyValues, Failure> {
        let sealed: Option<Vec<u8>> =
            sql::query_scalar("SELECT sealed_values FROM allocation WHERE id = ? AND tenant_id = ?")
                .bind(id.as_bytes())
                .bind(tenant.as_bytes())
                .fetch_optional(self.database.readers())
                .await
                .stored()?;
        let sealed = sealed.ok_or_else(|| Failure::of(ErrorCode::AllocationNotFound))?;
        rows::unseal(&sealed, id, &self.settings.sealing)
    }

    async fn quota(&self, tenant: TenantId, default: Amounts) -> Result<Quota, Failure> {
        usage::read(self.database.readers(), tenant, default).await
    }

    async fn record(&self, act: Act) -> Result<(), Failure> {
        let ambient = self.settings.ambient.clone();
        let record = self.write(move |c| {
            Box::pin(async move { bus::audit::append(c, &ambient, ServiceName::Allocation, &act).await })
        });
        record.await
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.database.commits()
    }

    fn look_every(&self) -> Option<Duration> {
        self.is_shared().then_some(LOOK_EVERY)
    }
}
