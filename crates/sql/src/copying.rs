//! Takes what is in a SQLite file to where another topology keeps it, table by table, and makes sure that it arrived.

use async_trait::async_trait;
use kit::{ErrorCode, Failure};

use crate::tables::{Digest, Table, Values};
use crate::{Database, Readers};

/// Rows that go over together.
const PAGE: usize = 500;

/// Where a file's tables go.
#[async_trait]
pub trait Target: Send + Sync {
    /// Whether a table of the file's is kept there. What is not are places, leases and turns, which begin anew.
    fn takes(&self, table: &str) -> bool;

    /// A table that is not empty, of those that nothing is in before the first copy.
    async fn occupied(&self, tables: &[Table]) -> Result<Option<String>, Failure>;

    /// The last row that is there, where rows go over in the order of their keys, each page whole or not at all. `None` to
    /// begin at the beginning, which must be harmless.
    async fn last(&self, table: &Table) -> Result<Option<Values>, Failure>;

    async fn put(&self, table: &Table, rows: Vec<Values>) -> Result<(), Failure>;

    /// Of all that is there now.
    async fn digest(&self, table: &Table) -> Result<Digest, Failure>;

    /// What a row comes to there: a text, say, that is the same description in other words.
    fn as_kept(&self, _table: &Table, row: Values) -> Result<Values, Failure> {
        Ok(row)
    }
}

/// Takes one table over, from where an earlier try ended, and reads it back. An internal failure names a table that is not
/// the same afterwards.
pub async fn copy(from: &Readers, to: &dyn Target, table: &Table) -> Result<Digest, Failure> {
    let mut page = table.after(from, to.last(table).await?.as_ref(), PAGE).await?;
    while let Some(last) = page.last().cloned() {
        // The next page is read while this one is written.
        let (written, next) = tokio::join!(to.put(table, page), table.after(from, Some(&last), PAGE));
        written?;
        page = next?;
    }
    let (here, there) = tokio::join!(kept(from, to, table), to.digest(table));
    let (here, there) = (here?, there?);
    if here == there {
        return Ok(here);
    }
    let told = format!(
        "{} is not the same afterwards: {} rows with the checksum {} here, {} with {} there",
        table.name,
        here.rows,
        here.checksum(),
        there.rows,
        there.checksum()
    );
    Err(Failure::new(ErrorCode::Internal, told))
}

async fn kept(from: &Readers, to: &dyn Target, table: &Table) -> Result<Digest, Failure> {
    let mut digest = Digest::default();
    let mut last: Option<Values> = None;
    loop {
        let page = table.after(from, last.as_ref(), PAGE).await?;
        let Some(end) = page.last().cloned() else { return Ok(digest) };
        for row in page {
            digest.add(&to.as_kept(table, row)?);
        }
        last = Some(end);
    }
}

/// A database with the same tables.
pub struct Relational {
    pub database: Database,
    /// Tables that are left.
    pub left: &'static [&'static str],
    /// Tables that have rows from their beginning, which become those of the file.
    pub seeded: &'static [&'static str],
}

#[async_trait]
impl Target for Relational {
    fn takes(&self, table: &str) -> bool {
        !self.left.contains(&table)
    }

    async fn occupied(&self, tables: &[Table]) -> Result<Option<String>, Failure> {
        let empty = |table: &&Table| self.takes(&table.name) && !self.seeded.contains(&table.name.as_str());
        for table in tables.iter().filter(empty) {
            if table.last(self.database.readers()).await?.is_some() {
                return Ok(Some(table.name.clone()));
            }
        }
        Ok(None)
    }

    async fn last(&self, table: &Table) -> Result<Option<Values>, Failure> {
        if self.seeded.contains(&table.name.as_str()) {
            return Ok(None);
        }
        table.last(self.database.readers()).await
    }

    async fn put(&self, table: &Table, rows: Vec<Values>) -> Result<(), Failure> {
        table.add(&self.database, rows, self.seeded.contains(&table.name.as_str())).await
    }

    async fn digest(&self, table: &Table) -> Result<Digest, Failure> {
        table.digest(self.database.readers(), PAGE).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Stored as _, Value, tables};

    const TABLE: [&str; 3] = [
        "CREATE TABLE line (n INTEGER NOT NULL PRIMARY KEY, told TEXT NOT NULL) STRICT",
        "CREATE TABLE place (n INTEGER NOT NULL PRIMARY KEY) STRICT",
        "CREATE TABLE seed (n INTEGER NOT NULL PRIMARY KEY, m INTEGER NOT NULL) STRICT",
    ];

    async fn database(rows: i64) -> (tempfile::TempDir, Database) {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(&directory.path().join("t.db"), &[]).await.unwrap();
        let make = database.write(move |c| {
            Box::pin(async move {
                for text in TABLE.into_iter().chain(["INSERT INTO seed (n, m) VALUES (1, 0)"]) {
                    crate::query(text).execute(&mut *c).await.stored()?;
                }
                Ok(())
            })
        });
        make.await.unwrap();
        let tables = tables::of_file(database.readers()).await.unwrap();
        let lines = (0..rows).map(|n| vec![Value::Integer(n), Value::Text(n.to_string())]).collect();
        tables[0].add(&database, lines, false).await.unwrap();
        (directory, database)
    }

    fn relational(database: &Database) -> Relational {
        Relational { database: database.clone(), left: &["place"], seeded: &["seed"] }
    }

    #[tokio::test]
    async fn an_interrupted_copy_goes_on_and_one_that_was_touched_is_told_of() {
        let (_here, from) = database(1200).await;
        let (_there, database) = database(0).await;
        let tables = tables::of_file(from.readers()).await.unwrap();
        let (line, seed, to) = (&tables[0], &tables[2], relational(&database));
        assert_eq!(to.occupied(&tables).await.unwrap(), None, "what was seeded counts for nothing");
        seed.add(&from, vec![vec![Value::Integer(1), Value::Integer(7)]], true).await.unwrap();
        let first = line.after(from.readers(), None, PAGE).await.unwrap();
        to.put(line, first).await.unwrap();
        assert_eq!(to.occupied(&tables).await.unwrap().as_deref(), Some("line"));
        for _ in 0..2 {
            assert_eq!(copy(from.readers(), &to, line).await.unwrap().rows, 1200);
            assert_eq!(copy(from.readers(), &to, seed).await.unwrap().rows, 1);
        }
        line.add(&database, vec![vec![Value::Integer(3), Value::Text("else".into())]], true).await.unwrap();
        let told = copy(from.readers(), &to, line).await.unwrap_err().to_string();
        assert!(told.contains("line is not the same"), "{told}");
    }
}
