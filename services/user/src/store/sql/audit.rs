//! The audit list in the database. The table's triggers refuse what no statement here does: changing a row, or losing a young one.

use async_trait::async_trait;
use bus::{Topic, outbox};
use kit::{Act, ApiKeyId, Cursor, EventId, Failure, Page, PageRequest, TenantId, Timestamp, UserId};
use sql::{Connection, QueryBuilder, Row, Stored as _};

use super::{SqlStore, rows};
use crate::domain::{ActFilter, ActionFilter, AuditEntry, AuditFilter};
use crate::ports::{AuditArchive, AuditBatch, AuditLog};

/// How many entries one sweep removes: other writers wait for it.
const BATCH: u32 = 1_000;

#[async_trait]
impl AuditLog for SqlStore {
    async fn of_user(
        &self,
        user: UserId,
        tenant: TenantId,
        filter: &ActFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, Failure> {
        let mut query = QueryBuilder::new("SELECT * FROM audit WHERE (actor = ");
        query.push_bind(user.as_bytes().to_vec());
        query.push(" OR tenant_id = ").push_bind(tenant.as_bytes().to_vec());
        query.push(" OR (subject_kind = 'user' AND subject_id = ").push_bind(user.to_string()).push("))");
        self.search(query, filter, page).await
    }
}

#[async_trait]
impl AuditArchive for SqlStore {
    async fn position(&self, consumer: &str, topic: Topic) -> Result<u64, Failure> {
        outbox::position(&self.database, consumer, topic).await
    }

    async fn take(&self, consumer: &'static str, batch: AuditBatch) -> Result<(), Failure> {
        let work = self.database.write(move |c| {
            Box::pin(async move {
                for entry in &batch.entries {
                    insert(c, entry).await?;
                }
                for letter in &batch.unreadable {
                    outbox::bury(c, consumer, letter).await?;
                }
                outbox::advance(c, consumer, batch.topic, batch.up_to).await
            })
        });
        work.await
    }

    async fn list(&self, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditEntry>, Failure> {
        let mut query = QueryBuilder::new("SELECT * FROM audit WHERE TRUE");
        if let Some(actor) = filter.actor {
            query.push(" AND actor = ").push_bind(actor.as_bytes().to_vec());
        }
        if let Some(tenant) = filter.tenant {
            query.push(" AND tenant_id = ").push_bind(tenant.as_bytes().to_vec());
        }
        self.search(query, &filter.act, page).await
    }

    async fn forget(&self, before: Timestamp) -> Result<u64, Failure> {
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let old = sql::query_scalar::<Vec<u8>>(
                    "SELECT id FROM audit WHERE at <= ? ORDER BY at LIMIT ? FOR UPDATE SKIP LOCKED",
                );
                rows::remove(c, old.bind(before.as_micros()).bind(BATCH), "DELETE FROM audit WHERE id IN").await
            })
        });
        work.await
    }
}

impl SqlStore {
    /// Finishes a query that says whose entries are wanted.
    async fn search(
        &self,
        mut query: QueryBuilder,
        filter: &ActFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, Failure> {
        narrow(&mut query, filter);
        if let Some(cursor) = &page.after {
            let (at, id) = position(cursor)?;
            query.push(" AND (at, id) < (").push_bind(at).push(", ").push_bind(id.as_bytes().to_vec()).push(")");
        }
        query.push(" ORDER BY at DESC, id DESC LIMIT ").push_bind(i64::from(page.limit) + 1);
        let found = query.build().fetch_all(self.database.readers()).await.stored()?;
        let entries = found.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(entries, page.limit, |last| Cursor::of(&[&last.at.as_micros().to_string(), &last.id.to_string()])))
    }
}

fn narrow(query: &mut QueryBuilder, filter: &ActFilter) {
    match &filter.action {
        Some(ActionFilter::Exactly(action)) => drop(query.push(" AND action = ").push_bind(action.clone())),
        Some(ActionFilter::Below(prefix)) => {
            // Between `user.` and `user/`, the next character: no pattern, in which `_` would stand for any character.
            query.push(" AND action > ").push_bind(prefix.clone());
            query.push(" AND action < ").push_bind(format!("{}/", prefix.trim_end_matches('.')));
        }
        None => {}
    }
    if let Some(kind) = &filter.subject_kind {
        query.push(" AND subject_kind = ").push_bind(kind.clone());
    }
    if let Some(id) = &filter.subject_id {
        query.push(" AND subject_id = ").push_bind(id.clone());
    }
    if let Some(since) = filter.since {
        query.push(" AND at >= ").push_bind(since.as_micros());
    }
    if let Some(until) = filter.until {
        query.push(" AND at < ").push_bind(until.as_micros());
    }
}

fn position(cursor: &Cursor) -> Result<(i64, EventId), Failure> {
    let parsed = match cursor.parts().as_slice() {
        [at, id] => at.parse().ok().zip(id.parse().ok()),
        _ => None,
    };
    parsed.ok_or_else(|| Failure::invalid("cursor", "This cursor is not one that this list gave."))
}

async fn insert(connection: &mut Connection, entry: &AuditEntry) -> Result<(), Failure> {
    let act = &entry.act;
    let details = serde_json::to_string(&act.details).map_err(Failure::internal)?;
    sql::query(
        "INSERT INTO audit (id, at, action, actor, key_id, as_admin, tenant_id, subject_kind, subject_id, address,
             request_id, details)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
    )
    .bind(entry.id.as_bytes())
    .bind(entry.at.as_micros())
    .bind(&act.action)
    .bind(act.actor.as_ref().map(UserId::as_bytes))
    .bind(act.key.as_ref().map(ApiKeyId::as_bytes))
    .bind(act.as_admin)
    .bind(act.tenant.as_ref().map(TenantId::as_bytes))
    .bind(&act.subject_kind)
    .bind(&act.subject_id)
    .bind(act.address.map(|address| address.to_string()))
    .bind(&act.request_id)
    .bind(details)
    .execute(connection)
    .await
    .stored()
    .map(drop)
}

fn entry(row: &Row) -> Result<AuditEntry, Failure> {
    let bytes = |column: &str| row.get::<Option<&[u8]>>(column);
    let address = row.get::<Option<&str>>("address").map(str::parse).transpose();
    Ok(AuditEntry {
        id: EventId::from_bytes(row.get("id")).ok_or_else(|| rows::broken("event id"))?,
        at: Timestamp::from_micros(row.get("at")),
        act: Act {
            action: row.get("action"),
            actor: bytes("actor").and_then(UserId::from_bytes),
            key: bytes("key_id").and_then(ApiKeyId::from_bytes),
            as_admin: row.get("as_admin"),
            tenant: bytes("tenant_id").and_then(TenantId::from_bytes),
            subject_kind: row.get("subject_kind"),
            subject_id: row.get("subject_id"),
            address: address.map_err(|_| rows::broken("address"))?,
            request_id: row.get("request_id"),
            details: serde_json::from_str(row.get("details")).map_err(|_| rows::broken("set of details"))?,
        },
    })
}

#[cfg(test)]
mod tests {
    use kit::Ambient;
    use sql::Database;
    use testkit::databases::fresh_both;

    use super::*;
    use crate::store::sql::TABLES;

    async fn run(database: &Database, statement: &'static str) -> Result<u64, Failure> {
        let work = database.write(move |c| {
            Box::pin(async move { sql::query(statement).execute(c).await.stored().map(sql::Done::rows_affected) })
        });
        work.await
    }

    #[tokio::test]
    async fn the_table_itself_refuses_to_forget_or_to_lie() {
        for (database, _keep) in fresh_both(TABLES).await {
            let ambient = Ambient::system();
            let store = SqlStore::new(database.clone(), ambient.clone());
            let act = Act::anonymous("user.login_failed", "user", "ada");
            let entry = AuditEntry { id: EventId::mint(&ambient), at: ambient.now(), act };
            let entries = vec![entry.clone()];
            let topic = Topic::Audit(kit::ServiceName::User);
            store.take("t", AuditBatch { topic, up_to: 1, entries, unreadable: Vec::new() }).await.unwrap();
            assert!(run(&database, "UPDATE audit SET action = 'x'").await.is_err());
            assert!(run(&database, "DELETE FROM audit").await.is_err());
            let replace =
                "INSERT OR REPLACE INTO audit SELECT id, at, 'x', actor, key_id, as_admin, tenant_id, subject_kind,
                 subject_id, address, request_id, details FROM audit";
            assert_eq!(run(&database, replace).await.unwrap_or(0), 0);
            let page = PageRequest::parse(None, None).unwrap();
            assert_eq!(store.list(&AuditFilter::default(), &page).await.unwrap().items, [entry]);
        }
    }
}
