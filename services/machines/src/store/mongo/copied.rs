//! The tables of the service's file as collections, for a platform that moves up. A description is a document here and a text
//! there: both are compared as this version writes them.

use ::mongo::{Database, Fields as _, Update, uuid};
use async_trait::async_trait;
use kit::machine::MachineSpec;
use kit::{Failure, MachineId};
use mongodb::bson::{self, Bson, Document, doc};
use sql::Value;
use sql::copying::Target;
use sql::tables::{Digest, Table, Values};

use super::{IMPORTS, MACHINES, MongoMachines, REVISIONS};
use crate::domain::Search;

/// Documents at a time, where all are read.
const PAGE: u32 = 200;

#[async_trait]
impl Target for MongoMachines {
    fn takes(&self, table: &str) -> bool {
        [MACHINES, REVISIONS, IMPORTS].contains(&table)
    }

    async fn occupied(&self, _tables: &[Table]) -> Result<Option<String>, Failure> {
        for collection in [MACHINES, REVISIONS, IMPORTS] {
            if self.database.find(collection, doc! {}).await?.is_some() {
                return Ok(Some(collection.to_owned()));
            }
        }
        Ok(None)
    }

    async fn last(&self, _table: &Table) -> Result<Option<Values>, Failure> {
        Ok(None)
    }

    async fn put(&self, table: &Table, rows: Vec<Values>) -> Result<(), Failure> {
        let mut updates = Vec::with_capacity(rows.len());
        for row in rows {
            let (id, document) = match table.name.as_str() {
                MACHINES => machine(&row)?,
                REVISIONS => self.revision(&row).await?,
                _ => import(&row),
            };
            updates.push(Update { id, pipeline: vec![doc! { "$replaceWith": { "$literal": document } }] });
        }
        self.database.update_each(&table.name, updates).await
    }

    async fn digest(&self, table: &Table) -> Result<Digest, Failure> {
        let read = match table.name.as_str() {
            MACHINES => read_machine,
            REVISIONS => read_revision,
            _ => read_import,
        };
        digest(&self.database, &table.name, read).await
    }

    fn as_kept(&self, table: &Table, mut row: Values) -> Result<Values, Failure> {
        if table.name == MACHINES {
            row[SPEC] = Value::Text(said(&row[SPEC])?);
            row[SEARCH] = Value::Text(Search::index(&spec(&row[SPEC])?));
        } else if table.name == REVISIONS {
            row[REVISION_SPEC] = Value::Text(said(&row[REVISION_SPEC])?);
        }
        Ok(row)
    }
}

/// Places of columns: `id name live_name category spec active revision created_at updated_at search`.
const SPEC: usize = 4;
const SEARCH: usize = 9;
/// `machine_id revision at actor active deleted spec`.
const REVISION_SPEC: usize = 6;

impl MongoMachines {
    /// Machines go before their revisions, which tell when the machine was made.
    async fn revision(&self, row: &Values) -> Result<(Bson, Document), Failure> {
        let machine = id(&row[0]);
        let found = self.database.find(MACHINES, doc! { "_id": machine.clone() }).await?;
        let created_at = found.map_or(Ok(0), |found| found.number("created_at"))?;
        // The same in every try, unlike what the server would give it.
        let name = Bson::String(format!("{}/{}", text(&row[0]), number(&row[1])));
        let document = doc! {
            "_id": name.clone(),
            "machine": machine,
            "revision": number(&row[1]),
            "at": number(&row[2]),
            "created_at": created_at,
            "actor": id(&row[3]),
            "active": number(&row[4]) != 0,
            "deleted": number(&row[5]) != 0,
            "spec": bson::to_document(&spec(&row[REVISION_SPEC])?).map_err(Failure::internal)?,
        };
        Ok((name, document))
    }
}

fn machine(row: &Values) -> Result<(Bson, Document), Failure> {
    let spec = spec(&row[SPEC])?;
    let document = doc! {
        "_id": id(&row[0]),
        "name": text(&row[1]),
        "category": text(&row[3]),
        "search": Search::index(&spec),
        "spec": bson::to_document(&spec).map_err(Failure::internal)?,
        "active": number(&row[5]) != 0,
        "deleted": row[2] == Value::Null,
        "revision": number(&row[6]),
        "created_at": number(&row[7]),
        "updated_at": number(&row[8]),
    };
    Ok((id(&row[0]), document))
}

fn import(row: &Values) -> (Bson, Document) {
    let name = Bson::String(text(&row[0]));
    (name.clone(), doc! { "_id": name, "at": number(&row[1]) })
}

fn read_machine(document: &Document) -> Result<Values, Failure> {
    let name = document.text("name")?.to_owned();
    let live = if document.flag("deleted")? { Value::Null } else { Value::Text(name.clone()) };
    Ok(vec![
        bytes(document, "_id")?,
        Value::Text(name),
        live,
        Value::Text(document.text("category")?.to_owned()),
        described(document)?,
        Value::Integer(document.flag("active")?.into()),
        Value::Integer(document.number("revision")?),
        Value::Integer(document.number("created_at")?),
        Value::Integer(document.number("updated_at")?),
        Value::Text(document.text("search")?.to_owned()),
    ])
}

fn read_revision(document: &Document) -> Result<Values, Failure> {
    let actor = if document.has("actor") { bytes(document, "actor")? } else { Value::Null };
    Ok(vec![
        bytes(document, "machine")?,
        Value::Integer(document.number("revision")?),
        Value::Integer(document.number("at")?),
        actor,
        Value::Integer(document.flag("active")?.into()),
        Value::Integer(document.flag("deleted")?.into()),
        described(document)?,
    ])
}

fn read_import(document: &Document) -> Result<Values, Failure> {
    Ok(vec![Value::Text(document.text("_id")?.to_owned()), Value::Integer(document.number("at")?)])
}

async fn digest(
    database: &Database,
    collection: &str,
    read: fn(&Document) -> Result<Values, Failure>,
) -> Result<Digest, Failure> {
    let (mut digest, mut behind) = (Digest::default(), doc! {});
    loop {
        let documents = database.list(collection, behind, doc! { "_id": 1 }, PAGE).await?;
        for document in &documents {
            digest.add(&read(document)?);
        }
        let Some(last) = documents.last().and_then(|last| last.get("_id")) else { return Ok(digest) };
        behind = doc! { "_id": { "$gt": last.clone() } };
    }
}

fn bytes(document: &Document, field: &str) -> Result<Value, Failure> {
    document.id(field, |id| Some(id.to_vec())).map(Value::Bytes)
}

/// A description in the words of this version.
fn described(document: &Document) -> Result<Value, Failure> {
    let spec = document.get_document("spec").map_err(Failure::internal)?.clone();
    let spec: MachineSpec = bson::from_document(spec).map_err(Failure::internal)?;
    serde_json::to_string(&spec).map(Value::Text).map_err(Failure::internal)
}

fn said(value: &Value) -> Result<String, Failure> {
    serde_json::to_string(&spec(value)?).map_err(Failure::internal)
}

fn spec(value: &Value) -> Result<MachineSpec, Failure> {
    let told = |error| Failure::internal(format!("the description of a machine cannot be read: {error}"));
    serde_json::from_str(&text(value)).map_err(told)
}

fn id(value: &Value) -> Bson {
    if let Value::Bytes(id) = value { uuid(id) } else { Bson::Null }
}

fn number(value: &Value) -> i64 {
    if let Value::Integer(number) = value { *number } else { 0 }
}

/// A text, or an id as one.
fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Bytes(id) => MachineId::from_bytes(id).map(|id| id.to_string()).unwrap_or_default(),
        Value::Null | Value::Integer(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use ::mongo::testing::Scratch;
    use kit::{Ambient, PageRequest, Timestamp};
    use sql::Database;
    use sql::copying::copy;
    use testkit::servers;

    use super::*;
    use crate::domain::{Cause, Offer};
    use crate::ports::MachineStore;
    use crate::samples;
    use crate::store::sqlite::{MIGRATIONS, SqliteMachines};

    #[tokio::test]
    async fn a_catalogue_is_the_same_on_a_server_with_what_it_was() {
        let (directory, ambient) = (tempfile::tempdir().unwrap(), Ambient::system());
        let sets = [&bus::MIGRATIONS, &MIGRATIONS];
        let file = Database::open(&directory.path().join("machines.db"), &sets).await.unwrap();
        let here = SqliteMachines::new(file.clone(), ambient.clone());
        let (redis, nginx) = (samples::machine(&ambient, "redis"), samples::machine(&ambient, "nginx"));
        assert!(here.import(&[redis.clone(), nginx.clone()], ambient.now()).await.unwrap());
        let mut offer = Offer { active: false, ..redis.offer.clone() };
        offer.spec.icon = Some("new".into());
        let newer = redis.update(offer, Timestamp::EPOCH).unwrap().unwrap();
        here.replace(&redis, &newer, &Cause::Platform).await.unwrap();
        let gone = nginx.delete(ambient.now());
        here.replace(&nginx, &gone, &Cause::Platform).await.unwrap();
        let (database, _scratch) = Scratch::database(&servers::mongodb()).await;
        let there = MongoMachines::open(database, ambient.clone()).await.unwrap();
        let tables = sql::tables::of_file(file.readers()).await.unwrap();
        assert_eq!(there.occupied(&tables).await.unwrap(), None);
        for _ in 0..2 {
            for table in tables.iter().filter(|table| there.takes(&table.name)) {
                copy(file.readers(), &there, table).await.unwrap();
            }
        }
        assert!(there.is_imported().await.unwrap());
        assert_eq!(there.find(redis.id).await.unwrap(), Some(newer.clone()));
        assert_eq!(there.find(nginx.id).await.unwrap(), None);
        for machine in [redis.id, nginx.id] {
            let page = PageRequest { after: None, limit: 10 };
            let (one, other) =
                (here.revisions(machine, &page).await.unwrap(), there.revisions(machine, &page).await.unwrap());
            assert_eq!((one.items.len(), one.items), (2, other.items));
        }
        // Its name is free, and a change goes on from where it was.
        there.create(&samples::machine(&ambient, "nginx"), &Cause::Platform).await.unwrap();
        let last = newer.delete(ambient.now());
        there.replace(&newer, &last, &Cause::Platform).await.unwrap();
    }
}
