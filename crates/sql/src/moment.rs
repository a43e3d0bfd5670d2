//! Copies of several SQLite files as they all were at one moment, while another process writes to them. A consumer keeps its
//! place in its own file, so copies of different moments could leave it beyond what its producer still knows.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kit::Failure;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _, SqliteConnection};

use crate::{Readers, Stored as _};

/// How long the writer of a file may keep us waiting: it holds its file for one commit at a time.
const PATIENCE: Duration = Duration::from_secs(20);

/// A file and where its copy goes, which must not be there yet.
#[derive(Clone, Debug)]
pub struct Pair {
    pub from: PathBuf,
    pub to: PathBuf,
}

/// Copies all of them. The writers of the files wait for some milliseconds, while the moment is fixed.
pub async fn copy(pairs: &[Pair]) -> Result<(), Failure> {
    let mut readers = Vec::with_capacity(pairs.len());
    for pair in pairs {
        readers.push(prepare(pair).await?);
    }
    let fixed = fix(pairs, &mut readers).await;
    fixed?;
    for (mut reader, pair) in readers.into_iter().zip(pairs) {
        fill(&mut reader, &pair.to).await?;
        reader.close().await.stored()?;
    }
    Ok(())
}

/// What may be fixed is fixed: all files are held at once, then each reader begins to read.
async fn fix(pairs: &[Pair], readers: &mut [SqliteConnection]) -> Result<(), Failure> {
    let mut holders = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let mut holder = open(&pair.from, false).await?;
        // Nobody else holds two files, so whoever holds some of them is never waited for by who holds the others.
        holder.execute("BEGIN IMMEDIATE").await.stored()?;
        holders.push(holder);
    }
    for reader in readers {
        reader.execute("BEGIN").await.stored()?;
        // A transaction sees what was committed when it first reads.
        reader.fetch_one("SELECT COUNT(*) FROM main.sqlite_schema").await.stored()?;
    }
    for mut holder in holders {
        holder.execute("ROLLBACK").await.stored()?;
        holder.close().await.stored()?;
    }
    Ok(())
}

async fn open(path: &Path, create: bool) -> Result<SqliteConnection, Failure> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(create).busy_timeout(PATIENCE);
    SqliteConnection::connect_with(&options).await.stored()
}

/// The copy with its tables and indexes, still empty, beside its original on one connection. Indexes come first: rows then
/// go over as SQLite has them, without being looked into.
async fn prepare(pair: &Pair) -> Result<SqliteConnection, Failure> {
    let mut reader = open(&pair.from, false).await?;
    let schema = schema(&mut reader, "type IN ('table', 'index')").await?;
    let mut copy = open(&pair.to, true).await?;
    for text in schema {
        copy.execute(AssertSqlSafe(text)).await.stored()?;
    }
    copy.close().await.stored()?;
    sqlx::query("ATTACH ? AS copy").bind(pair.to.to_string_lossy()).execute(&mut reader).await.stored()?;
    // It is not a backup before it was checked and is on the disk.
    reader.execute("PRAGMA copy.journal_mode = OFF; PRAGMA copy.synchronous = OFF").await.stored()?;
    Ok(reader)
}

/// The statements that made what is in a file, of one kind. Tables first, in the order in which they were made.
async fn schema(connection: &mut SqliteConnection, of: &str) -> Result<Vec<String>, Failure> {
    let text = format!(
        "SELECT sql FROM main.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND {of}
         ORDER BY type <> 'table', rowid"
    );
    let rows = connection.fetch_all(AssertSqlSafe(text)).await.stored()?;
    rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().stored()
}

async fn fill(reader: &mut SqliteConnection, to: &Path) -> Result<(), Failure> {
    let tables = reader.fetch_all("SELECT name FROM main.sqlite_schema WHERE type = 'table'").await.stored()?;
    let names: Vec<String> = tables.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().stored()?;
    for name in &names {
        // Where numbers go on was guessed from the rows; it may be further.
        if name == "sqlite_sequence" {
            continue;
        }
        let text = format!("INSERT INTO copy.\"{name}\" SELECT * FROM main.\"{name}\"");
        reader.execute(AssertSqlSafe(text)).await.stored()?;
    }
    if names.iter().any(|name| name == "sqlite_sequence") {
        let text =
            "DELETE FROM copy.sqlite_sequence; INSERT INTO copy.sqlite_sequence SELECT * FROM main.sqlite_sequence";
        reader.execute(text).await.stored()?;
    }
    let triggers = schema(reader, "type = 'trigger'").await?;
    reader.execute("COMMIT").await.stored()?;
    reader.execute("DETACH copy").await.stored()?;
    let mut copy = open(to, false).await?;
    for text in triggers {
        copy.execute(AssertSqlSafe(text)).await.stored()?;
    }
    check(&mut copy).await?;
    copy.close().await.stored()
}

/// A file that is only looked at, and stays byte by byte what it is.
pub async fn look_into(path: &Path) -> Result<Readers, Failure> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    SqlitePoolOptions::new().max_connections(1).connect_with(options).await.stored().map(Readers::Sqlite)
}

/// Whether a file is whole.
pub async fn is_whole(path: &Path) -> Result<(), Failure> {
    let mut file = open(path, false).await?;
    check(&mut file).await?;
    file.close().await.stored()
}

async fn check(file: &mut SqliteConnection) -> Result<(), Failure> {
    let told: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(file).await.stored()?;
    if told == "ok" { Ok(()) } else { Err(Failure::internal(format!("a database file is broken: {told}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Database, query, query_scalar};

    async fn file(directory: &Path, name: &str) -> Database {
        let database = Database::open(&directory.join(name), &[]).await.unwrap();
        let made = database.write(|c| {
            Box::pin(async move {
                for text in [
                    "CREATE TABLE line (n INTEGER PRIMARY KEY AUTOINCREMENT, told TEXT NOT NULL) STRICT",
                    "CREATE UNIQUE INDEX line_told ON line (told)",
                    "CREATE TRIGGER line_kept BEFORE DELETE ON line WHEN OLD.n > 1 BEGIN SELECT RAISE(ABORT, 'kept'); END",
                ] {
                    query(text).execute(&mut *c).await.stored()?;
                }
                Ok(())
            })
        });
        made.await.unwrap();
        database
    }

    async fn add(database: &Database, told: String) {
        let text = "INSERT INTO line (told) VALUES (?)";
        let work = database.write(move |c| Box::pin(async move { query(text).bind(told).execute(c).await.stored() }));
        work.await.unwrap();
    }

    async fn lines(database: &Database) -> i64 {
        query_scalar("SELECT COUNT(*) FROM line").fetch_one(database.readers()).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn copies_are_of_one_moment_under_load() {
        let directory = tempfile::tempdir().unwrap();
        let (first, second) = (file(directory.path(), "a.db").await, file(directory.path(), "b.db").await);
        // What is in the second file was in the first before.
        let writing = tokio::spawn({
            let (first, second) = (first.clone(), second.clone());
            async move {
                for n in 0.. {
                    add(&first, format!("{n}")).await;
                    add(&second, format!("{n}")).await;
                }
            }
        });
        for round in 0..5 {
            let waiting = || async { lines(&second).await };
            testkit::until(waiting, |n| *n > round * 20).await;
            let pair = |name: &str| Pair {
                from: directory.path().join(format!("{name}.db")),
                to: directory.path().join(format!("{name}.{round}")),
            };
            // In the order in which a copy without a moment would go wrong.
            let pairs = [pair("a"), pair("b")];
            copy(&pairs).await.unwrap();
            let one = Database::open(&pairs[0].to, &[]).await.unwrap();
            let other = Database::open(&pairs[1].to, &[]).await.unwrap();
            let (one, other) = (lines(&one).await, lines(&other).await);
            assert!(one == other || one == other + 1, "{one} and {other} lines were never at one moment");
        }
        writing.abort();
    }

    #[tokio::test]
    async fn a_copy_has_all_that_its_original_has_numbers_and_triggers_too() {
        let directory = tempfile::tempdir().unwrap();
        let database = file(directory.path(), "a.db").await;
        for told in ["one", "two"] {
            add(&database, told.to_owned()).await;
        }
        let forget = "DELETE FROM line WHERE n = 1";
        let work = database.write(move |c| Box::pin(async move { query(forget).execute(c).await.stored() }));
        work.await.unwrap();
        let pair = Pair { from: directory.path().join("a.db"), to: directory.path().join("copy.db") };
        copy(std::slice::from_ref(&pair)).await.unwrap();
        is_whole(&pair.to).await.unwrap();
        let copied = Database::open(&pair.to, &[]).await.unwrap();
        add(&copied, "three".to_owned()).await;
        let last: i64 = query_scalar("SELECT MAX(n) FROM line").fetch_one(copied.readers()).await.unwrap();
        assert_eq!(last, 3);
        let forget = "DELETE FROM line WHERE n = 2";
        let work = copied.write(move |c| Box::pin(async move { query(forget).execute(c).await.stored() }));
        assert!(work.await.is_err(), "the trigger went along");
        assert!(copy(std::slice::from_ref(&pair)).await.is_err(), "nothing is overwritten");
    }
}
