//! The read model in a MongoDB database that several replicas share. Each keeps its part of the topics up to date, at once
//! and in any order, so every change asks the server itself whether it is newer than what stands there. No transaction is
//! needed for that: what is taken in twice changes nothing, and a position is moved last.

mod copied;
mod row;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use ::mongo::{Database, Migration, Migrations, Update, index, uuid};
use async_trait::async_trait;
use bus::Topic;
use kit::{AllocationId, Failure, MachineId, TenantId, UserId};
use mongodb::bson::{Document, doc};
use mongodb::options::IndexOptions;

use crate::domain::{AllocationCopy, Effect, MachineCopy, Person, Revised as _};
use crate::ports::{Contents, Intake, ReadModel};

const PEOPLE: &str = "people";
const MACHINES: &str = "machine_copies";
const ALLOCATIONS: &str = "allocation_copies";

/// The collections beside the bus's own.
pub const MIGRATIONS: Migrations = &[Migration { name: "0101_copies", run: |database| Box::pin(make(database)) }];

/// Brings a database up to date; any number of replicas may do so at once.
pub async fn migrate(database: &Database) -> Result<(), Failure> {
    database.migrate(&[::mongo::inbox::MIGRATIONS, MIGRATIONS]).await
}

async fn make(database: &Database) -> Result<(), Failure> {
    for collection in [PEOPLE, MACHINES, ALLOCATIONS] {
        database.make_collection(collection).await?;
    }
    // Whose tenant an id names.
    database.make_index(PEOPLE, index("tenant", doc! { "tenant": 1 }, IndexOptions::default())).await
}

pub struct MongoReadModel(Database);

impl MongoReadModel {
    /// Brings the database up to date first.
    pub async fn open(database: Database) -> Result<Self, Failure> {
        migrate(&database).await?;
        Ok(Self(database))
    }

    async fn all<T>(&self, collection: &str, read: fn(&Document) -> Result<T, Failure>) -> Result<Vec<T>, Failure> {
        let found = self.0.list(collection, doc! {}, doc! { "_id": 1 }, 0).await?;
        found.iter().map(read).collect()
    }
}

#[async_trait]
impl ReadModel for MongoReadModel {
    async fn person(&self, user: UserId) -> Result<Option<Person>, Failure> {
        let found = self.0.find(PEOPLE, doc! { "_id": uuid(user.as_bytes()) }).await?;
        found.as_ref().map(row::person).transpose()
    }

    async fn tenant_owner(&self, tenant: TenantId) -> Result<Option<UserId>, Failure> {
        let found = self.0.find(PEOPLE, doc! { "tenant": uuid(tenant.as_bytes()), "deleted": false }).await?;
        found.map(|found| row::person(&found).map(|person| person.user)).transpose()
    }

    async fn machine(&self, id: MachineId) -> Result<Option<MachineCopy>, Failure> {
        let found = self.0.find(MACHINES, doc! { "_id": uuid(id.as_bytes()) }).await?;
        found.as_ref().map(row::machine).transpose()
    }

    async fn allocation(&self, tenant: TenantId, id: AllocationId) -> Result<Option<AllocationCopy>, Failure> {
        let wanted = doc! { "_id": uuid(id.as_bytes()), "tenant": uuid(tenant.as_bytes()) };
        self.0.find(ALLOCATIONS, wanted).await?.as_ref().map(row::allocation).transpose()
    }

    async fn contents(&self) -> Result<Contents, Failure> {
        Ok(Contents {
            people: self.all(PEOPLE, row::person).await?,
            machines: self.all(MACHINES, row::machine).await?,
            allocations: self.all(ALLOCATIONS, row::allocation).await?,
        })
    }

    async fn position(&self, consumer: &'static str, topic: Topic) -> Result<u64, Failure> {
        self.0.position(consumer, topic).await
    }

    async fn take(&self, consumer: &'static str, intake: Intake) -> Result<(), Failure> {
        for (collection, updates) in newest(&intake.effects) {
            self.0.update_each(collection, updates).await?;
        }
        self.0.bury(consumer, &intake.letters).await?;
        self.0.advance(consumer, intake.topic, intake.position).await
    }
}

/// One change for each aggregate: of several states in one batch the newest. Two changes of one document in one command
/// would be harmless, but a busy allocation's would be most of the batch.
fn newest(effects: &[Effect]) -> HashMap<&'static str, Vec<Update>> {
    let mut newest: HashMap<(&'static str, &[u8]), &Effect> = HashMap::new();
    for effect in effects {
        let (collection, id, revision) = place(effect);
        let stands = newest.entry((collection, id)).or_insert(effect);
        if revision > place(stands).2 {
            *stands = effect;
        }
    }
    let mut updates: HashMap<&'static str, Vec<Update>> = HashMap::new();
    for ((collection, id), effect) in newest {
        let update = Update::newer(uuid(id), place(effect).2, row::fields(effect));
        updates.entry(collection).or_default().push(update);
    }
    updates
}

fn place(effect: &Effect) -> (&'static str, &[u8], u64) {
    match effect {
        Effect::Person(person) => (PEOPLE, person.user.as_bytes(), person.revision()),
        Effect::Machine(machine) => (MACHINES, machine.id.as_bytes(), machine.revision()),
        Effect::Allocation(allocation) => (ALLOCATIONS, allocation.id.as_bytes(), allocation.revision()),
    }
}
