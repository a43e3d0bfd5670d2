//! The catalogue in the service's SQLite file.

mod history;
mod listing;
mod republished;
mod row;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use kit::{Ambient, ErrorCode, Failure, MachineId, Page, PageRequest, ServiceName, Timestamp};
use sql::{Connection, Database, Stored as _, is_unique_violation};

use crate::domain::{Cause, Listing, Machine, Revision};
use crate::events::announce;
use crate::ports::MachineStore;

/// The tables beside the bus's own.
pub static MIGRATIONS: sql::Migrations =
    sql::Migrations::sqlite_only(sqlx::migrate!("../../migrations/machines/sqlite"));

/// The name of the one import there is.
const SHIPPED: &str = "catalogue";

pub struct SqliteMachines {
    database: Database,
    /// For the ids and times of events.
    ambient: Ambient,
}

impl SqliteMachines {
    pub const fn new(database: Database, ambient: Ambient) -> Self {
        Self { database, ambient }
    }
}

#[async_trait]
impl MachineStore for SqliteMachines {
    async fn find(&self, id: MachineId) -> Result<Option<Machine>, Failure> {
        let found = sql::query("SELECT * FROM machines WHERE id = ? AND live_name IS NOT NULL")
            .bind(id.as_bytes())
            .fetch_optional(self.database.readers())
            .await
            .stored()?;
        found.as_ref().map(row::read).transpose()
    }

    async fn list(&self, listing: &Listing, page: &PageRequest) -> Result<Page<Machine>, Failure> {
        listing::list(self.database.readers(), listing, page).await
    }

    async fn revision(&self, id: MachineId, revision: u64) -> Result<Option<Revision>, Failure> {
        history::find(self.database.readers(), id, revision).await
    }

    async fn revisions(&self, id: MachineId, page: &PageRequest) -> Result<Page<Revision>, Failure> {
        history::list(self.database.readers(), id, page).await
    }

    async fn create(&self, machine: &Machine, cause: &Cause) -> Result<(), Failure> {
        let (machine, cause, ambient) = (machine.clone(), cause.clone(), self.ambient.clone());
        self.database.write(move |c| Box::pin(async move { insert(c, &ambient, &machine, &cause).await })).await
    }

    async fn replace(&self, before: &Machine, after: &Machine, cause: &Cause) -> Result<(), Failure> {
        let (before, after, cause) = (before.clone(), after.clone(), cause.clone());
        let ambient = self.ambient.clone();
        let work = self.database.write(move |c| {
            Box::pin(async move {
                row::update(c, &before, &after).await?;
                tell(c, &ambient, Some(&before), &after, &cause).await
            })
        });
        work.await
    }

    async fn is_imported(&self) -> Result<bool, Failure> {
        let found: Option<i64> = sql::query_scalar("SELECT at FROM machine_imports WHERE name = ?")
            .bind(SHIPPED)
            .fetch_optional(self.database.readers())
            .await
            .stored()?;
        Ok(found.is_some())
    }

    async fn import(&self, machines: &[Machine], at: Timestamp) -> Result<bool, Failure> {
        let (machines, ambient) = (machines.to_vec(), self.ambient.clone());
        self.database.write(move |c| Box::pin(async move { import(c, &ambient, &machines, at).await })).await
    }
}

async fn insert(c: &mut Connection, ambient: &Ambient, machine: &Machine, cause: &Cause) -> Result<(), Failure> {
    row::insert(c, machine).await?;
    tell(c, ambient, None, machine, cause).await
}

/// What goes with every change: its revision, its event and, where somebody did it, the act.
async fn tell(
    c: &mut Connection,
    ambient: &Ambient,
    before: Option<&Machine>,
    after: &Machine,
    cause: &Cause,
) -> Result<(), Failure> {
    history::append(c, after, cause.actor()).await?;
    bus::outbox::append(c, &announce(ambient, before, after, cause)?).await?;
    match cause.act() {
        Some(act) => bus::audit::append(c, ambient, ServiceName::Machines, act).await,
        None => Ok(()),
    }
}

async fn import(c: &mut Connection, ambient: &Ambient, machines: &[Machine], at: Timestamp) -> Result<bool, Failure> {
    let marked = sql::query("INSERT INTO machine_imports (name, at) VALUES (?, ?)")
        .bind(SHIPPED)
        .bind(at.as_micros())
        .execute(&mut *c)
        .await;
    match marked {
        Err(error) if is_unique_violation(&error) => return Ok(false),
        marked => marked.stored()?,
    };
    for machine in machines {
        match insert(c, ambient, machine, &Cause::Platform).await {
            Err(failure) if failure.code == ErrorCode::NameTaken => {}
            inserted => inserted?,
        }
    }
    Ok(true)
}
