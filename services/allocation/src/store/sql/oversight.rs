//! What is seen from above: reads across tenants, and the bounds that admins set.

use async_trait::async_trait;
use kit::{Act, AllocationId, Failure, Page, PageRequest, ServiceName, TenantId, Timestamp};
use sql::Stored as _;

use super::rows::{self, select_allocation};
use super::{SqlStore, closed, listing, locks, usage};
use crate::domain::allocation::Allocation;
use crate::domain::listing::Filter;
use crate::domain::quota::{Amounts, Quota};
use crate::ports::AllocationOversight;

#[async_trait]
impl AllocationOversight for SqlStore {
    async fn find(&self, id: AllocationId) -> Result<Option<Allocation>, Failure> {
        rows::find(self.database.readers(), id).await
    }

    async fn list(&self, filter: &Filter, page: &PageRequest) -> Result<Page<Allocation>, Failure> {
        listing::list(self.database.readers(), None, filter, page).await
    }

    async fn of_tenant(&self, tenant: TenantId, limit: u32) -> Result<Vec<Allocation>, Failure> {
        let query =
            sql::query(select_allocation!("WHERE a.tenant_id = ? ORDER BY a.created_at DESC, a.id DESC LIMIT ?"));
        let found = query.bind(tenant.as_bytes()).bind(limit).fetch_all(self.database.readers()).await;
        found.stored()?.iter().map(rows::allocation).collect()
    }

    async fn live_of(&self, tenant: TenantId) -> Result<Vec<Allocation>, Failure> {
        let query = sql::query(select_allocation!("WHERE a.tenant_id = ? AND a.state <> 'removed'"));
        let found = query.bind(tenant.as_bytes()).fetch_all(self.database.readers()).await;
        found.stored()?.iter().map(rows::allocation).collect()
    }

    async fn close(&self, tenant: TenantId, at: Timestamp) -> Result<(), Failure> {
        self.write(move |c| Box::pin(closed::close(c, tenant, at))).await
    }

    async fn bound(
        &self,
        tenant: TenantId,
        limits: Option<Amounts>,
        default: Amounts,
        act: Act,
    ) -> Result<Quota, Failure> {
        let ambient = self.settings.ambient.clone();
        let bound = self.write(move |c| {
            Box::pin(async move {
                locks::tenant(&mut *c, tenant).await?;
                usage::bound(&mut *c, tenant, limits).await?;
                bus::audit::append(&mut *c, &ambient, ServiceName::Allocation, &act).await?;
                usage::read(c, tenant, default).await
            })
        });
        bound.await
    }
}
