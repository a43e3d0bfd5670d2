//! The tables of the service's file as collections, for a platform that moves up.

use ::mongo::{Database, Fields as _, Update, bytes, uuid};
use async_trait::async_trait;
use kit::Failure;
use mongodb::bson::{Bson, Document, doc};
use sql::Value;
use sql::copying::Target;
use sql::tables::{Digest, Table, Values};

use super::{ALLOCATIONS, MACHINES, MongoReadModel, PEOPLE};

/// How a column is kept. Tables and collections have the same names here.
#[derive(Clone, Copy)]
enum Kept {
    Id(&'static str),
    Flag(&'static str),
    Number(&'static str),
    Bytes(&'static str),
}

const COLUMNS: [(&str, &[Kept]); 3] = [
    (
        PEOPLE,
        &[
            Kept::Id("_id"),
            Kept::Id("tenant"),
            Kept::Flag("verified"),
            Kept::Flag("admin"),
            Kept::Flag("suspended"),
            Kept::Flag("deleted"),
            Kept::Number("revision"),
        ],
    ),
    (MACHINES, &[Kept::Id("_id"), Kept::Flag("deleted"), Kept::Number("revision"), Kept::Bytes("message")]),
    (ALLOCATIONS, &[Kept::Id("_id"), Kept::Id("tenant"), Kept::Number("revision"), Kept::Bytes("message")]),
];

fn columns(table: &str) -> &'static [Kept] {
    COLUMNS.iter().find(|(name, _)| *name == table).map_or(&[], |(_, columns)| columns)
}

fn document(columns: &[Kept], row: &[Value]) -> Document {
    let field = |(kept, value): (&Kept, &Value)| match (*kept, value) {
        (Kept::Id(name), Value::Bytes(id)) => (name.to_owned(), uuid(id)),
        (Kept::Bytes(name), Value::Bytes(message)) => (name.to_owned(), bytes(message)),
        (Kept::Flag(name), Value::Integer(flag)) => (name.to_owned(), Bson::Boolean(*flag != 0)),
        (Kept::Number(name), Value::Integer(number)) => (name.to_owned(), Bson::Int64(*number)),
        // No column of these is ever anything else.
        (Kept::Id(name) | Kept::Bytes(name) | Kept::Flag(name) | Kept::Number(name), _) => {
            (name.to_owned(), Bson::Null)
        }
    };
    columns.iter().zip(row).map(field).collect()
}

fn row(columns: &[Kept], document: &Document) -> Result<Values, Failure> {
    let value = |kept: &Kept| {
        Ok(match kept {
            Kept::Id(name) => Value::Bytes(document.id(name, |id| Some(id.to_vec()))?),
            Kept::Bytes(name) => Value::Bytes(document.bytes(name)?),
            Kept::Flag(name) => Value::Integer(document.flag(name)?.into()),
            Kept::Number(name) => Value::Integer(document.number(name)?),
        })
    };
    columns.iter().map(value).collect()
}

/// Documents at a time, where all are read.
const PAGE: u32 = 1000;

#[async_trait]
impl Target for MongoReadModel {
    fn takes(&self, table: &str) -> bool {
        !columns(table).is_empty()
    }

    async fn occupied(&self, _tables: &[Table]) -> Result<Option<String>, Failure> {
        for (collection, _) in COLUMNS {
            if self.0.find(collection, doc! {}).await?.is_some() {
                return Ok(Some(collection.to_owned()));
            }
        }
        Ok(None)
    }

    async fn last(&self, _table: &Table) -> Result<Option<Values>, Failure> {
        Ok(None)
    }

    async fn put(&self, table: &Table, rows: Vec<Values>) -> Result<(), Failure> {
        let columns = columns(&table.name);
        let update = |row: &Values| {
            let document = document(columns, row);
            let id = document.get("_id").cloned().unwrap_or(Bson::Null);
            Update { id, pipeline: vec![doc! { "$replaceWith": { "$literal": document } }] }
        };
        self.0.update_each(&table.name, rows.iter().map(update).collect()).await
    }

    async fn digest(&self, table: &Table) -> Result<Digest, Failure> {
        digest(&self.0, &table.name).await
    }
}

async fn digest(database: &Database, collection: &str) -> Result<Digest, Failure> {
    let (columns, mut digest, mut behind) = (columns(collection), Digest::default(), doc! {});
    loop {
        let documents = database.list(collection, behind, doc! { "_id": 1 }, PAGE).await?;
        for document in &documents {
            digest.add(&row(columns, document)?);
        }
        let Some(last) = documents.last().and_then(|last| last.get("_id")) else { return Ok(digest) };
        behind = doc! { "_id": { "$gt": last.clone() } };
    }
}

#[cfg(test)]
mod tests {
    use ::mongo::testing::Scratch;
    use sql::copying::copy;
    use testkit::servers;

    use super::*;
    use crate::ports::ReadModel as _;
    use crate::store::sqlite::{MIGRATIONS, SqliteReadModel};

    #[tokio::test]
    async fn what_a_file_knows_a_server_knows_afterwards() {
        let directory = tempfile::tempdir().unwrap();
        let sets = [&bus::MIGRATIONS, &MIGRATIONS];
        let file = sql::Database::open(&directory.path().join("verifier.db"), &sets).await.unwrap();
        let tables = sql::tables::of_file(file.readers()).await.unwrap();
        let id = |n: u8| Value::Bytes(vec![n; 16]);
        for n in 0..5 {
            let (flag, revision) = (Value::Integer((n % 2).into()), Value::Integer(i64::from(n) + 1));
            let message = Value::Bytes(vec![n; 3]);
            let rows = [
                (
                    "people",
                    vec![id(n), id(n + 9), flag.clone(), flag.clone(), flag.clone(), flag.clone(), revision.clone()],
                ),
                ("machine_copies", vec![id(n), flag, revision.clone(), message.clone()]),
                ("allocation_copies", vec![id(n), id(n + 9), revision, message]),
            ];
            for (name, row) in rows {
                let table = tables.iter().find(|table| table.name == name).unwrap();
                table.add(&file, vec![row], false).await.unwrap();
            }
        }
        let (database, _scratch) = Scratch::database(&servers::mongodb()).await;
        let model = MongoReadModel::open(database).await.unwrap();
        assert_eq!(model.occupied(&tables).await.unwrap(), None);
        for _ in 0..2 {
            for table in tables.iter().filter(|table| model.takes(&table.name)) {
                assert_eq!(copy(file.readers(), &model, table).await.unwrap().rows, 5, "{}", table.name);
            }
        }
        let expected = SqliteReadModel::new(file).contents().await.unwrap();
        assert_eq!(model.contents().await.unwrap(), expected);
        assert_eq!(model.occupied(&tables).await.unwrap().as_deref(), Some("people"));
    }
}
