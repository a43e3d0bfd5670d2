//! The read model in the service's SQLite file.

mod row;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use bus::{Topic, outbox};
use kit::{AllocationId, Failure, MachineId, TenantId, UserId};
use sql::{Connection, Database, Row, Stored as _};

use crate::domain::{AllocationCopy, Effect, MachineCopy, Person};
use crate::ports::{Contents, Intake, ReadModel};

/// The tables beside the bus's own.
pub static MIGRATIONS: sql::Migrations =
    sql::Migrations::sqlite_only(sqlx::migrate!("../../migrations/verifier/sqlite"));

pub struct SqliteReadModel(Database);

impl SqliteReadModel {
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    async fn row(&self, query: &'static str, keys: &[&[u8]]) -> Result<Option<Row>, Failure> {
        let query = keys.iter().fold(sql::query(query), |query, key| query.bind(*key));
        query.fetch_optional(self.0.readers()).await.stored()
    }

    async fn all<T>(&self, query: &'static str, read: fn(&Row) -> Result<T, Failure>) -> Result<Vec<T>, Failure> {
        let rows = sql::query(query).fetch_all(self.0.readers()).await.stored()?;
        rows.iter().map(read).collect()
    }
}

#[async_trait]
impl ReadModel for SqliteReadModel {
    async fn person(&self, user: UserId) -> Result<Option<Person>, Failure> {
        let row = self.row("SELECT * FROM people WHERE user_id = ?", &[user.as_bytes()]).await?;
        row.as_ref().map(row::person).transpose()
    }

    async fn tenant_owner(&self, tenant: TenantId) -> Result<Option<UserId>, Failure> {
        let row =
            self.row("SELECT user_id FROM people WHERE tenant_id = ? AND deleted = 0", &[tenant.as_bytes()]).await?;
        row.map(|row| row::id(&row, "user_id", UserId::from_bytes)).transpose()
    }

    async fn machine(&self, id: MachineId) -> Result<Option<MachineCopy>, Failure> {
        let row = self.row("SELECT * FROM machine_copies WHERE id = ?", &[id.as_bytes()]).await?;
        row.as_ref().map(row::machine).transpose()
    }

    async fn allocation(&self, tenant: TenantId, id: AllocationId) -> Result<Option<AllocationCopy>, Failure> {
        let query = "SELECT * FROM allocation_copies WHERE tenant_id = ? AND id = ?";
        let row = self.row(query, &[tenant.as_bytes(), id.as_bytes()]).await?;
        row.as_ref().map(row::allocation).transpose()
    }

    async fn contents(&self) -> Result<Contents, Failure> {
        Ok(Contents {
            people: self.all("SELECT * FROM people ORDER BY user_id", row::person).await?,
            machines: self.all("SELECT * FROM machine_copies ORDER BY id", row::machine).await?,
            allocations: self.all("SELECT * FROM allocation_copies ORDER BY id", row::allocation).await?,
        })
    }

    async fn position(&self, consumer: &'static str, topic: Topic) -> Result<u64, Failure> {
        outbox::position(&self.0, consumer, topic).await
    }

    async fn take(&self, consumer: &'static str, intake: Intake) -> Result<(), Failure> {
        let work = self.0.write(move |c| {
            Box::pin(async move {
                for effect in &intake.effects {
                    apply(c, effect).await?;
                }
                for letter in &intake.letters {
                    outbox::bury(c, consumer, letter).await?;
                }
                outbox::advance(c, consumer, intake.topic, intake.position).await
            })
        });
        work.await
    }
}

async fn apply(c: &mut Connection, effect: &Effect) -> Result<(), Failure> {
    let query = match effect {
        Effect::Person(person) => sql::query(
            "INSERT INTO people (user_id, tenant_id, verified, admin, suspended, deleted, revision)
             VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (user_id) DO UPDATE SET tenant_id = excluded.tenant_id, verified = excluded.verified,
             admin = excluded.admin, suspended = excluded.suspended, deleted = excluded.deleted,
             revision = excluded.revision WHERE excluded.revision > people.revision",
        )
        .bind(person.user.as_bytes())
        .bind(person.tenant.as_bytes())
        .bind(person.verified)
        .bind(person.admin)
        .bind(person.suspended)
        .bind(person.deleted)
        .bind(person.revision as i64),
        Effect::Machine(machine) => sql::query(
            "INSERT INTO machine_copies (id, deleted, revision, message) VALUES (?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET deleted = excluded.deleted, revision = excluded.revision,
             message = excluded.message WHERE excluded.revision > machine_copies.revision",
        )
        .bind(machine.id.as_bytes())
        .bind(machine.deleted)
        .bind(machine.revision as i64)
        .bind(&machine.message),
        Effect::Allocation(allocation) => sql::query(
            "INSERT INTO allocation_copies (id, tenant_id, revision, message) VALUES (?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET tenant_id = excluded.tenant_id, revision = excluded.revision,
             message = excluded.message WHERE excluded.revision > allocation_copies.revision",
        )
        .bind(allocation.id.as_bytes())
        .bind(allocation.tenant.as_bytes())
        .bind(allocation.revision as i64)
        .bind(&allocation.message),
    };
    query.execute(c).await.stored().map(drop)
}
