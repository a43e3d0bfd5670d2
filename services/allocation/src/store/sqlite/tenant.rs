//! The tenant's side of the store.

use async_trait::async_trait;
use kit::{AllocationId, Cursor, ErrorCode, Failure, Page, PageRequest, TenantId, Timestamp};
use sqlite::{Stored as _, is_unique_violation};
use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection};
use tokio::sync::watch;

use super::record::{self, Changed};
use super::rows::{self, select_allocation};
use super::{Settings, SqliteStore, leases, usage, work};
use crate::domain::allocation::{Allocation, Cause, LedgerEntry, PropertyValues};
use crate::domain::lifecycle::{Decision, State, Verb, Work, decide};
use crate::domain::quota::Amounts;
use crate::ports::store::{AllocationStore, Change, Filter, IdempotencyKey, NewAllocation, SortBy};

/// How long a key is remembered.
const KEY_LIFE: std::time::Duration = std::time::Duration::from_secs(86_400);

#[async_trait]
impl AllocationStore for SqliteStore {
    async fn find(&self, tenant: TenantId, id: AllocationId) -> Result<Option<Allocation>, Failure> {
        let query = sqlx::query(select_allocation!("WHERE a.id = ? AND a.tenant_id = ?"));
        let row = query.bind(id.as_bytes()).bind(tenant.as_bytes()).fetch_optional(self.database.readers()).await;
        row.stored()?.as_ref().map(rows::allocation).transpose()
    }

    async fn find_by_key(&self, tenant: TenantId, key: &IdempotencyKey) -> Result<Option<Allocation>, Failure> {
        let mut connection = self.database.readers().acquire().await.stored()?;
        by_key(&mut connection, tenant, key, self.settings.ambient.now()).await
    }

    async fn create(
        &self,
        tenant: TenantId,
        new: NewAllocation,
        default: Amounts,
    ) -> Result<(Allocation, bool), Failure> {
        let settings = self.settings.clone();
        let create =
            self.database.write(move |c| Box::pin(async move { create(c, &settings, tenant, &new, default).await }));
        create.await
    }

    async fn list(&self, tenant: TenantId, filter: &Filter, page: &PageRequest) -> Result<Page<Allocation>, Failure> {
        let mut query = QueryBuilder::<Sqlite>::new(select_allocation!("WHERE a.tenant_id = "));
        query.push_bind(tenant.as_bytes().to_vec());
        match filter.state {
            Some(state) => query.push(" AND a.state = ").push_bind(state.as_str()),
            None => query.push(" AND a.state <> 'removed'"),
        };
        if let Some(machine) = filter.machine {
            query.push(" AND a.machine_id = ").push_bind(machine.as_bytes().to_vec());
        }
        if let Some(name) = &filter.name {
            query.push(" AND a.name = ").push_bind(name.clone());
        }
        let (comparison, order) = match filter.sort {
            SortBy::NewestFirst => (" < ", " DESC"),
            SortBy::OldestFirst => (" > ", " ASC"),
        };
        if let Some(cursor) = &page.after {
            let (at, id) = parse_cursor(cursor)?;
            query.push(" AND (a.created_at, a.id)").push(comparison).push("(").push_bind(at).push(", ");
            query.push_bind(id.as_bytes().to_vec()).push(")");
        }
        query.push(" ORDER BY a.created_at").push(order).push(", a.id").push(order);
        query.push(" LIMIT ").push_bind(i64::from(page.limit) + 1);
        let found = query.build().fetch_all(self.database.readers()).await.stored()?;
        let items = found.iter().map(rows::allocation).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(items, page.limit, |last| {
            Cursor::of(&[&last.created_at.as_micros().to_string(), &last.id.to_string()])
        }))
    }

    async fn change(&self, tenant: TenantId, id: AllocationId, change: Change) -> Result<Allocation, Failure> {
        let settings = self.settings.clone();
        let change = self.database.write(move |c| {
            Box::pin(async move {
                let before = rows::find(&mut *c, id).await?.filter(|allocation| allocation.tenant == tenant);
                let before = before.ok_or_else(|| Failure::of(ErrorCode::AllocationNotFound))?;
                apply(c, &settings, &before, change).await
            })
        });
        change.await
    }

    async fn ledger(&self, tenant: TenantId, id: AllocationId, limit: u32) -> Result<Vec<LedgerEntry>, Failure> {
        let found = sqlx::query(
            "SELECT l.* FROM ledger l JOIN allocation a ON a.id = l.allocation_id
             WHERE l.allocation_id = ? AND a.tenant_id = ? ORDER BY l.revision DESC LIMIT ?",
        )
        .bind(id.as_bytes())
        .bind(tenant.as_bytes())
        .bind(limit)
        .fetch_all(self.database.readers())
        .await
        .stored()?;
        found.iter().map(rows::ledger_entry).collect()
    }

    async fn values(&self, tenant: TenantId, id: AllocationId) -> Result<PropertyValues, Failure> {
        let sealed: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT sealed_values FROM allocation WHERE id = ? AND tenant_id = ?")
                .bind(id.as_bytes())
                .bind(tenant.as_bytes())
                .fetch_optional(self.database.readers())
                .await
                .stored()?;
        let sealed = sealed.ok_or_else(|| Failure::of(ErrorCode::AllocationNotFound))?;
        rows::unseal(&sealed, id, &self.settings.sealing)
    }

    async fn quota(&self, tenant: TenantId, default: Amounts) -> Result<(Amounts, Amounts), Failure> {
        usage::read(self.database.readers(), tenant, default).await
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.database.commits()
    }
}

fn parse_cursor(cursor: &Cursor) -> Result<(i64, AllocationId), Failure> {
    let parsed = match cursor.parts()[..] {
        [at, id] => at.parse().ok().zip(id.parse().ok()),
        _ => None,
    };
    parsed.ok_or_else(|| Failure::invalid("cursor", "This cursor is of another list."))
}

async fn by_key(
    connection: &mut SqliteConnection,
    tenant: TenantId,
    key: &IdempotencyKey,
    now: Timestamp,
) -> Result<Option<Allocation>, Failure> {
    let row = sqlx::query(
        "SELECT fingerprint, allocation_id FROM idempotency_key WHERE tenant_id = ? AND key = ? AND created_at > ?",
    )
    .bind(tenant.as_bytes())
    .bind(&key.key)
    .bind(now.minus(KEY_LIFE).as_micros())
    .fetch_optional(&mut *connection)
    .await
    .stored()?;
    let Some(row) = row else { return Ok(None) };
    if row.get::<&[u8], _>("fingerprint") != key.fingerprint {
        return Err(Failure::of(ErrorCode::IdempotencyKeyReused));
    }
    let id =
        AllocationId::from_bytes(row.get("allocation_id")).ok_or_else(|| Failure::internal("a key's row is broken"))?;
    rows::find(connection, id).await
}

async fn create(
    connection: &mut SqliteConnection,
    settings: &Settings,
    tenant: TenantId,
    new: &NewAllocation,
    default: Amounts,
) -> Result<(Allocation, bool), Failure> {
    let allocation = &new.allocation;
    if let Some(key) = &new.key {
        if let Some(made) = by_key(connection, tenant, key, allocation.created_at).await? {
            return Ok((made, true));
        }
        sqlx::query("DELETE FROM idempotency_key WHERE tenant_id = ? AND key = ?")
            .bind(tenant.as_bytes())
            .bind(&key.key)
            .execute(&mut *connection)
            .await
            .stored()?;
        sqlx::query("INSERT INTO idempotency_key (tenant_id, key, fingerprint, allocation_id, created_at) VALUES (?, ?, ?, ?, ?)")
            .bind(tenant.as_bytes())
            .bind(&key.key)
            .bind(key.fingerprint.as_slice())
            .bind(allocation.id.as_bytes())
            .bind(allocation.created_at.as_micros())
            .execute(&mut *connection)
            .await
            .stored()?;
    }
    insert(connection, settings, tenant, new).await?;
    usage::take(connection, allocation, default).await?;
    leases::lease_missing(connection, settings, allocation, allocation.created_at).await?;
    work::begin(connection, allocation.id, Work::Create, 0).await?;
    let made = rows::find(&mut *connection, allocation.id).await?;
    let made = made.ok_or_else(|| Failure::internal("a new allocation is not there"))?;
    record::announce(connection, settings, &made, Cause::User(made.user), &["created"]).await?;
    Ok((made, false))
}

async fn insert(
    connection: &mut SqliteConnection,
    settings: &Settings,
    tenant: TenantId,
    new: &NewAllocation,
) -> Result<(), Failure> {
    let allocation = &new.allocation;
    let sealed = rows::seal(&new.values, allocation.id, &settings.sealing, &settings.ambient)?;
    let inserted = sqlx::query(
        "INSERT INTO allocation (id, tenant_id, user_id, name, live_name, machine_id, site, desired, state, details,
             sealed_values, holds_quota, created_at, updated_at, revision, epoch)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 1, 0)",
    )
    .bind(allocation.id.as_bytes())
    .bind(tenant.as_bytes())
    .bind(allocation.user.as_bytes())
    .bind(&allocation.name)
    .bind(&allocation.name)
    .bind(allocation.details.machine.id.as_bytes())
    .bind(allocation.site.as_str())
    .bind(allocation.desired.as_str())
    .bind(State::Requested.as_str())
    .bind(serde_json::to_string(&allocation.details).map_err(Failure::internal)?)
    .bind(sealed)
    .bind(allocation.created_at.as_micros())
    .bind(allocation.updated_at.as_micros())
    .execute(connection)
    .await;
    match inserted {
        Err(error) if is_unique_violation(&error) => {
            let detail = format!("You have an allocation called {} already.", allocation.name);
            Err(Failure::new(ErrorCode::NameTaken, detail).field("name"))
        }
        other => other.stored().map(drop),
    }
}

async fn apply(
    connection: &mut SqliteConnection,
    settings: &Settings,
    before: &Allocation,
    change: Change,
) -> Result<Allocation, Failure> {
    let decision = decide(change.verb, before.state, before.desired, before.working, before.details.ever_ran);
    let mut details = before.details.clone();
    details.force |= change.force && change.verb == Verb::Remove;
    details.crashes = 0;
    let changed = |state, reason| Changed {
        desired: Some(change.verb.desired()),
        state,
        reason,
        details: &details,
        cause: Cause::User(change.user),
        at: change.at,
    };
    match decision {
        Decision::Removed => Err(Failure::of(ErrorCode::AllocationRemoved)),
        Decision::Busy => Err(Failure::of(ErrorCode::AllocationBusy)),
        Decision::Already if before.desired == change.verb.desired() && details.force == before.details.force => {
            Ok(before.clone())
        }
        Decision::Already | Decision::Later => {
            record::change(connection, settings, before, changed(before.state, before.reason.as_ref())).await
        }
        Decision::Begin(next) => {
            if next == Work::Create {
                usage::take(connection, before, change.default_quota).await?;
                leases::lease_missing(connection, settings, before, change.at).await?;
            }
            if change.new_port && next == Work::Start {
                leases::give_up(connection, before, change.at).await?;
                let without = rows::find(&mut *connection, before.id).await?;
                let without = without.ok_or_else(|| Failure::of(ErrorCode::AllocationNotFound))?;
                leases::lease_missing(connection, settings, &without, change.at).await?;
            }
            work::begin(connection, before.id, next, 0).await?;
            record::change(connection, settings, before, changed(next.first_state(), None)).await
        }
    }
}
