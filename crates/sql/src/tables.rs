//! Tables as data: what copies and compares whole databases walks over every table alike. Names come out of our own schema,
//! never from a user.

use kit::Failure;
use sha2::{Digest as _, Sha256};

use crate::{Connection, Database, QueryBuilder, Readers, Row, Stored as _, Target, Value};

/// What only says how far a database came, or is SQLite's own.
const NOT_TABLES: &str = "name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> '_sqlx_migrations'";
/// How many values one statement takes at most; both databases take more.
const MOST_VALUES: usize = 16_000;

/// One table of a SQLite file, which a server may have too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    columns: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    name: String,
    kind: Kind,
    /// Its place in the primary key, counted from 1; 0 where it is no part of it.
    key: i64,
}

/// The types that our tables have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Integer,
    Text,
    Bytes,
}

/// The values of a row, in the order of its table's columns.
pub type Values = Vec<Value>;

/// How many rows there are and what is in them, in whatever order they were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    pub rows: u64,
    /// The sum of the first halves of the rows' SHA-256.
    sum: u128,
}

impl Digest {
    pub fn add(&mut self, row: &[Value]) {
        let mut hash = Sha256::new();
        for value in row {
            let (tag, bytes) = match value {
                Value::Null => (0_u8, Vec::new()),
                Value::Integer(number) => (1, number.to_be_bytes().to_vec()),
                Value::Text(text) => (2, text.clone().into_bytes()),
                Value::Bytes(bytes) => (3, bytes.clone()),
            };
            hash.update([tag]);
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(&bytes);
        }
        let hash: [u8; 32] = hash.finalize().into();
        let half = hash.first_chunk::<16>().copied().unwrap_or_default();
        self.rows += 1;
        self.sum = self.sum.wrapping_add(u128::from_be_bytes(half));
    }

    /// The sum as people and files have it.
    pub fn checksum(&self) -> String {
        format!("{:032x}", self.sum)
    }
}

/// The tables of a SQLite file, by name.
pub async fn of_file(file: impl Into<Target<'_>>) -> Result<Vec<Table>, Failure> {
    let mut file = file.into();
    let text = format!("SELECT name FROM sqlite_schema WHERE type = 'table' AND {NOT_TABLES} ORDER BY name");
    let names = QueryBuilder::new(&text).build().fetch_all(file.again()).await.stored()?;
    let mut tables = Vec::with_capacity(names.len());
    for name in names {
        let name: String = name.at(0).stored()?;
        let columns = "SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid";
        let rows = crate::query(columns).bind(&name).fetch_all(file.again()).await.stored()?;
        let columns = rows.iter().map(|row| column(&name, row)).collect::<Result<_, _>>()?;
        tables.push(Table { name, columns });
    }
    Ok(tables)
}

fn column(table: &str, row: &Row) -> Result<Column, Failure> {
    let kind = match row.get::<&str>("type") {
        "INTEGER" => Kind::Integer,
        "TEXT" => Kind::Text,
        "BLOB" => Kind::Bytes,
        other => return Err(Failure::internal(format!("{table} has a column of the type {other}"))),
    };
    Ok(Column { name: row.get("name"), kind, key: row.get("pk") })
}

impl Table {
    /// What its rows are ordered and found by.
    fn key(&self) -> Vec<usize> {
        let mut key: Vec<usize> = (0..self.columns.len()).filter(|at| self.columns[*at].key > 0).collect();
        key.sort_unstable_by_key(|at| self.columns[*at].key);
        key
    }

    /// The names of its columns, as both databases quote them.
    fn names(&self, of: impl IntoIterator<Item = usize>, after: &str) -> String {
        let names: Vec<String> = of.into_iter().map(|at| format!("\"{}\"{after}", self.columns[at].name)).collect();
        names.join(", ")
    }

    fn all(&self) -> String {
        self.names(0..self.columns.len(), "")
    }

    fn read(&self, row: &Row) -> Result<Values, Failure> {
        let value = |(at, column): (usize, &Column)| {
            Ok(match column.kind {
                Kind::Integer => row.at::<Option<i64>>(at)?.map_or(Value::Null, Value::Integer),
                Kind::Text => row.at::<Option<String>>(at)?.map_or(Value::Null, Value::Text),
                Kind::Bytes => row.at::<Option<Vec<u8>>>(at)?.map_or(Value::Null, Value::Bytes),
            })
        };
        self.columns.iter().enumerate().map(value).collect::<Result<_, sqlx::Error>>().stored()
    }

    /// Up to `limit` rows behind a row, in the order of the primary key, which is the same in both databases.
    pub async fn after(
        &self,
        from: impl Into<Target<'_>>,
        row: Option<&Values>,
        limit: usize,
    ) -> Result<Vec<Values>, Failure> {
        let mut query = QueryBuilder::new("SELECT ");
        query.push(self.all()).push(" FROM ").push(&self.name);
        if let Some(row) = row {
            // Both say the same of the first column; MySQL finds its way by the one, and is right by the other.
            let first = self.key().into_iter().next().unwrap_or_default();
            query.push(" WHERE ").push(self.names([first], "")).push(" >= ").push_bind(row[first].clone());
            query.push(" AND (").push(self.names(self.key(), "")).push(") > (");
            for (at, column) in self.key().into_iter().enumerate() {
                query.push(if at == 0 { "" } else { ", " }).push_bind(row[column].clone());
            }
            query.push(")");
        }
        query.push(" ORDER BY ").push(self.names(self.key(), "")).push(" LIMIT ").push(limit);
        query.build().fetch_all(from).await.stored()?.iter().map(|row| self.read(row)).collect()
    }

    /// The last row in that order.
    pub async fn last(&self, of: &Readers) -> Result<Option<Values>, Failure> {
        let mut query = QueryBuilder::new("SELECT ");
        query.push(self.all()).push(" FROM ").push(&self.name);
        query.push(" ORDER BY ").push(self.names(self.key(), " DESC")).push(" LIMIT 1");
        query.build().fetch_optional(of).await.stored()?.map(|row| self.read(&row)).transpose()
    }

    pub async fn count(&self, of: &Readers) -> Result<u64, Failure> {
        let mut query = QueryBuilder::new("SELECT COUNT(*) FROM ");
        let row = query.push(&self.name).build().fetch_one(of).await.stored()?;
        row.at::<i64>(0).stored().map(|rows| rows as u64)
    }

    /// Counts and sums all rows, a page at a time.
    pub async fn digest(&self, of: impl Into<Target<'_>>, page: usize) -> Result<Digest, Failure> {
        let mut of = of.into();
        let mut digest = Digest::default();
        let mut last: Option<Values> = None;
        loop {
            let rows = self.after(of.again(), last.as_ref(), page).await?;
            for row in &rows {
                digest.add(row);
            }
            if rows.len() < page {
                return Ok(digest);
            }
            last = rows.into_iter().next_back();
        }
    }

    /// Adds rows in one transaction: all or none. With `over`, rows that are there already become these.
    pub async fn add(&self, to: &Database, rows: Vec<Values>, over: bool) -> Result<(), Failure> {
        if rows.is_empty() {
            return Ok(());
        }
        let (table, verb) = (self.clone(), if over { "INSERT OR REPLACE INTO " } else { "INSERT INTO " });
        to.write_under_locks(move |c| Box::pin(async move { table.insert(c, verb, &rows).await })).await
    }

    async fn insert(&self, c: &mut Connection, verb: &str, rows: &[Values]) -> Result<(), Failure> {
        for piece in rows.chunks((MOST_VALUES / self.columns.len()).max(1)) {
            let mut query = QueryBuilder::new(verb);
            query.push(&self.name).push(" (").push(self.all()).push(") VALUES ");
            for (at, row) in piece.iter().enumerate() {
                query.push(if at == 0 { "(" } else { ", (" });
                for (at, value) in row.iter().enumerate() {
                    query.push(if at == 0 { "" } else { ", " }).push_bind(value.clone());
                }
                query.push(")");
            }
            query.build().execute(&mut *c).await.stored()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn database(name: &str) -> (tempfile::TempDir, Database, Table) {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(&directory.path().join(name), &[]).await.unwrap();
        let made = database.write(|c| {
            Box::pin(async move {
                let text = "CREATE TABLE pair (b BLOB NOT NULL, a TEXT NOT NULL, n INTEGER, PRIMARY KEY (a, b)) STRICT";
                crate::query(text).execute(c).await.stored().map(drop)
            })
        });
        made.await.unwrap();
        let table = of_file(database.readers()).await.unwrap().remove(0);
        (directory, database, table)
    }

    fn rows(count: u8) -> Vec<Values> {
        let number = |n: u8| if n == 3 { Value::Null } else { Value::Integer(n.into()) };
        (0..count).map(|n| vec![Value::Bytes(vec![n]), Value::Text(format!("{}", n % 3)), number(n)]).collect()
    }

    #[tokio::test]
    async fn rows_are_read_in_pages_and_found_again_in_another_file() {
        let (_one, from, table) = database("from.db").await;
        let (_other, to, _) = database("to.db").await;
        table.add(&from, rows(20), false).await.unwrap();
        let mut last = None;
        loop {
            let page = table.after(from.readers(), last.as_ref(), 7).await.unwrap();
            let Some(end) = page.last().cloned() else { break };
            table.add(&to, page, false).await.unwrap();
            assert_eq!(table.last(to.readers()).await.unwrap().as_ref(), Some(&end), "what is there is a beginning");
            last = Some(end);
        }
        let digest = table.digest(from.readers(), 7).await.unwrap();
        assert_eq!(digest, table.digest(to.readers(), 100).await.unwrap());
        assert_eq!((digest.rows, table.count(to.readers()).await.unwrap()), (20, 20));
    }

    #[tokio::test]
    async fn another_value_is_another_checksum_and_a_repetition_is_refused_or_replaces() {
        let (_directory, database, table) = database("t.db").await;
        table.add(&database, rows(5), false).await.unwrap();
        let before = table.digest(database.readers(), 100).await.unwrap();
        assert!(table.add(&database, rows(6), false).await.is_err());
        assert_eq!(table.digest(database.readers(), 100).await.unwrap(), before, "all or none");
        let mut changed = rows(1);
        changed[0][2] = Value::Null;
        table.add(&database, changed, true).await.unwrap();
        let after = table.digest(database.readers(), 100).await.unwrap();
        assert_eq!(after.rows, before.rows);
        assert_ne!(after.checksum(), before.checksum());
    }
}
