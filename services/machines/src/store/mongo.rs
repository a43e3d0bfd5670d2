//! The catalogue in a MongoDB database that several replicas share.

mod copied;
mod history;
mod listing;
mod republished;
mod row;
#[cfg(test)]
mod tests;

use ::mongo::{Database, Migration, Migrations, Stored as _, Transaction, index, is_duplicate};
use async_trait::async_trait;
use kit::{Ambient, ErrorCode, Failure, MachineId, Page, PageRequest, ServiceName, Timestamp};
use mongodb::bson::doc;
use mongodb::options::IndexOptions;

use crate::domain::{Cause, Listing, Machine, Revision};
use crate::events::announce;
use crate::ports::MachineStore;

const MACHINES: &str = "machines";
const REVISIONS: &str = "machine_revisions";
const IMPORTS: &str = "machine_imports";
/// The name of the one import there is.
const SHIPPED: &str = "catalogue";

/// The collections beside the bus's own.
pub const MIGRATIONS: Migrations = &[Migration { name: "0101_machines", run: |database| Box::pin(make(database)) }];

/// Brings a database up to date; any number of replicas may do so at once.
pub async fn migrate(database: &Database) -> Result<(), Failure> {
    database.migrate(&[::mongo::outbox::MIGRATIONS, MIGRATIONS]).await
}

async fn make(database: &Database) -> Result<(), Failure> {
    for collection in [MACHINES, REVISIONS, IMPORTS] {
        database.make_collection(collection).await?;
    }
    // A name is free again once its machine is deleted. Names are compared byte by byte, as in SQLite.
    let living = || IndexOptions::builder().partial_filter_expression(doc! { "deleted": false }).build();
    let unique = |mut options: IndexOptions| {
        options.unique = Some(true);
        options
    };
    database.make_index(MACHINES, index("living_name", doc! { "name": 1 }, unique(living()))).await?;
    database.make_index(MACHINES, index("living_age", doc! { "created_at": 1, "_id": 1 }, living())).await?;
    let revision = index("revision", doc! { "machine": 1, "revision": -1 }, unique(IndexOptions::default()));
    database.make_index(REVISIONS, revision).await
}

pub struct MongoMachines {
    database: Database,
    /// For the ids and times of events.
    ambient: Ambient,
}

impl MongoMachines {
    /// Brings the database up to date first.
    pub async fn open(database: Database, ambient: Ambient) -> Result<Self, Failure> {
        migrate(&database).await?;
        Ok(Self { database, ambient })
    }
}

#[async_trait]
impl MachineStore for MongoMachines {
    async fn find(&self, id: MachineId) -> Result<Option<Machine>, Failure> {
        let living = doc! { "_id": ::mongo::uuid(id.as_bytes()), "deleted": false };
        self.database.find(MACHINES, living).await?.as_ref().map(row::read).transpose()
    }

    async fn list(&self, listing: &Listing, page: &PageRequest) -> Result<Page<Machine>, Failure> {
        listing::list(&self.database, listing, page).await
    }

    async fn revision(&self, id: MachineId, revision: u64) -> Result<Option<Revision>, Failure> {
        history::find(&self.database, id, revision).await
    }

    async fn revisions(&self, id: MachineId, page: &PageRequest) -> Result<Page<Revision>, Failure> {
        history::list(&self.database, id, page).await
    }

    async fn create(&self, machine: &Machine, cause: &Cause) -> Result<(), Failure> {
        let change = Change { ambient: &self.ambient, before: None, after: machine, cause };
        self.database.transaction(change, |t, change| Box::pin(change.make(t))).await
    }

    async fn replace(&self, before: &Machine, after: &Machine, cause: &Cause) -> Result<(), Failure> {
        let change = Change { ambient: &self.ambient, before: Some(before), after, cause };
        self.database.transaction(change, |t, change| Box::pin(change.make(t))).await
    }

    async fn is_imported(&self) -> Result<bool, Failure> {
        Ok(self.database.find(IMPORTS, doc! { "_id": SHIPPED }).await?.is_some())
    }

    async fn import(&self, machines: &[Machine], at: Timestamp) -> Result<bool, Failure> {
        let work = (&self.ambient, machines, at);
        self.database.transaction(work, |t, (ambient, machines, at)| Box::pin(import(t, ambient, machines, *at))).await
    }
}

/// One step of a machine, with all that goes with it.
struct Change<'a> {
    ambient: &'a Ambient,
    before: Option<&'a Machine>,
    after: &'a Machine,
    cause: &'a Cause,
}

impl Change<'_> {
    async fn make(&self, t: &mut Transaction) -> Result<(), Failure> {
        match self.before {
            None => row::insert(t, self.after).await?,
            Some(before) => row::update(t, before, self.after).await?,
        }
        history::append(t, self.after, self.cause.actor()).await?;
        t.append(&announce(self.ambient, self.before, self.after, self.cause)?).await?;
        match self.cause.act() {
            Some(act) => t.append(&bus::audit::event(self.ambient, ServiceName::Machines, act)).await,
            None => Ok(()),
        }
    }
}

async fn import(t: &mut Transaction, ambient: &Ambient, machines: &[Machine], at: Timestamp) -> Result<bool, Failure> {
    if t.find(IMPORTS, doc! { "_id": SHIPPED }).await.stored()?.is_some() {
        return Ok(false);
    }
    match t.insert(IMPORTS, doc! { "_id": SHIPPED, "at": at.as_micros() }).await {
        // Another replica was faster by a moment; the next attempt sees that.
        Err(error) if is_duplicate(&error) => return Err(t.again()),
        marked => marked.stored()?,
    }
    for machine in machines {
        let name = &machine.offer.spec.name;
        if t.find(MACHINES, doc! { "name": name, "deleted": false }).await.stored()?.is_some() {
            continue;
        }
        let change = Change { ambient, before: None, after: machine, cause: &Cause::Platform };
        match change.make(t).await {
            // Somebody took the name since the transaction began.
            Err(failure) if failure.code == ErrorCode::NameTaken => return Err(t.again()),
            made => made?,
        }
    }
    Ok(true)
}
