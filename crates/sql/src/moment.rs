//! Copies of several SQLite files as they all were at one moment, while another process writes to them. A consumer keeps its
//! place in its own file, so copies of different moments could leave it beyond what its producer still knows.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kit::{Ambient, ErrorCode, Failure, Timestamp};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _, SqliteConnection};

use crate::connection::Inner;
use crate::tables::{self, Digest};
use crate::{Connection, QueryBuilder, Readers, Stored as _};

/// How long one try at holding all files may take, and so how much longer than usual a writer of one of them waits.
const BUDGET: Duration = Duration::from_secs(1);
/// How long it is tried: whoever writes holds a file for one commit at a time.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two tries, in milliseconds: at least so long, and by chance up to twice.
const PAUSE: u32 = 100;
/// Rows at a time, where all are read.
const PAGE: usize = 2000;

/// A file and where its copy goes, which must not be there yet.
#[derive(Clone, Debug)]
pub struct Pair {
    pub from: PathBuf,
    pub to: PathBuf,
}

/// The tables of a file, by name, with what is in them.
pub type Sums = Vec<(String, Digest)>;

/// What the copies are of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    pub at: Timestamp,
    /// Of each file, as it was then and as its copy is.
    pub sums: Vec<Sums>,
}

/// Copies all of them. The writers of the files wait for some milliseconds, while the moment is fixed. What a copy has is
/// compared with what its original had then.
pub async fn copy(pairs: &[Pair], ambient: &Ambient) -> Result<Moment, Failure> {
    let mut readers = Vec::with_capacity(pairs.len());
    for pair in pairs {
        readers.push(prepare(pair).await?);
    }
    let at = fix(pairs, &mut readers, ambient).await?;
    let mut sums = Vec::with_capacity(pairs.len());
    for (reader, pair) in readers.into_iter().zip(pairs) {
        sums.push(fill(reader, &pair.to).await?);
    }
    Ok(Moment { at, sums })
}

/// What may be fixed is fixed: all files are held at once, then each reader begins to read.
async fn fix(pairs: &[Pair], readers: &mut [SqliteConnection], ambient: &Ambient) -> Result<Timestamp, Failure> {
    let mut holders = Vec::with_capacity(pairs.len());
    for pair in pairs {
        holders.push(open(&pair.from, false).await?);
    }
    let began = Instant::now();
    while let Err(failure) = hold(&mut holders).await {
        if failure.code != ErrorCode::StoreUnavailable || began.elapsed() > PATIENCE {
            return Err(failure);
        }
        let pause = PAUSE + ambient.below(PAUSE);
        tokio::time::sleep(Duration::from_millis(pause.into())).await;
    }
    for reader in readers {
        reader.execute("BEGIN").await.stored()?;
        // A transaction sees what was committed when it first reads.
        reader.fetch_one("SELECT COUNT(*) FROM main.sqlite_schema").await.stored()?;
    }
    let at = ambient.now();
    for mut holder in holders {
        holder.execute("ROLLBACK").await.stored()?;
        holder.close().await.stored()?;
    }
    Ok(at)
}

/// All of them or none. Nobody else holds two files, so whoever is waited for comes to an end; but it may be long, and the
/// writers of the files that are held already wait as well.
async fn hold(holders: &mut [SqliteConnection]) -> Result<(), Failure> {
    let until = Instant::now() + BUDGET;
    for at in 0..holders.len() {
        let (held, next) = holders.split_at_mut(at);
        let left = until.saturating_duration_since(Instant::now()).as_millis();
        next[0].execute(AssertSqlSafe(format!("PRAGMA busy_timeout = {left}"))).await.stored()?;
        if let Err(failure) = next[0].execute("BEGIN IMMEDIATE").await.stored() {
            for holder in held {
                holder.execute("ROLLBACK").await.stored()?;
            }
            return Err(failure);
        }
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

/// Fills the copy and compares it. The original is read in the transaction that fixed it, the copy from its file.
async fn fill(mut reader: SqliteConnection, to: &Path) -> Result<Sums, Failure> {
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
    let triggers = schema(&mut reader, "type = 'trigger'").await?;
    let (mut reader, original) = seen(reader).await?;
    reader.execute("COMMIT").await.stored()?;
    reader.execute("DETACH copy").await.stored()?;
    reader.close().await.stored()?;
    let mut copy = open(to, false).await?;
    for text in triggers {
        copy.execute(AssertSqlSafe(text)).await.stored()?;
    }
    check(&mut copy).await?;
    let (copy, copied) = seen(copy).await?;
    copy.close().await.stored()?;
    same(&original, &copied)?;
    Ok(original.sums)
}

/// All that is in a file.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    /// Tables, indexes and triggers.
    made_of: Vec<(String, String)>,
    /// Of every table, also of those that have no sums because they are SQLite's and sqlx's own.
    rows: Vec<(String, i64)>,
    sums: Sums,
}

async fn seen(file: SqliteConnection) -> Result<(SqliteConnection, Seen), Failure> {
    let mut file = Connection(Inner::Sqlite(file));
    let all = crate::query("SELECT name, sql FROM main.sqlite_schema ORDER BY type, name").fetch_all(&mut file);
    let mut made_of = Vec::new();
    for row in all.await.stored()? {
        made_of.push((row.at(0).stored()?, row.at::<Option<String>>(1).stored()?.unwrap_or_default()));
    }
    let names = crate::query_scalar::<String>("SELECT name FROM main.sqlite_schema WHERE type = 'table' ORDER BY name");
    let mut rows = Vec::new();
    for name in names.fetch_all(&mut file).await.stored()? {
        let counted = QueryBuilder::new(&format!("SELECT COUNT(*) FROM main.\"{name}\"")).build();
        let count = counted.fetch_one(&mut file).await.stored()?.at(0).stored()?;
        rows.push((name, count));
    }
    let mut sums = Vec::new();
    for table in tables::of_file(&mut file).await? {
        let digest = table.digest(&mut file, PAGE).await?;
        sums.push((table.name, digest));
    }
    match file.0 {
        Inner::Sqlite(file) => Ok((file, Seen { made_of, rows, sums })),
        Inner::MySql { .. } => Err(Failure::internal("a file became a server")),
    }
}

/// An internal failure names what differs.
fn same(original: &Seen, copy: &Seen) -> Result<(), Failure> {
    let differs = |told: &str| Err(Failure::internal(format!("a copy is not what its original was: {told}")));
    if original.made_of != copy.made_of {
        return differs("other tables, indexes or triggers");
    }
    let pairs = original.rows.iter().zip(&copy.rows).map(|(one, other)| (&one.0, one == other));
    let sums = original.sums.iter().zip(&copy.sums).map(|(one, other)| (&one.0, one == other));
    match pairs.chain(sums).find(|(_, same)| !same) {
        Some((table, _)) => differs(table),
        None if original != copy => differs("other tables"),
        None => Ok(()),
    }
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
            copy(&pairs, &Ambient::system()).await.unwrap();
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
        let ambient = Ambient::system();
        let moment = copy(std::slice::from_ref(&pair), &ambient).await.unwrap();
        let rows: Vec<_> = moment.sums[0].iter().map(|(name, digest)| (name.as_str(), digest.rows)).collect();
        assert_eq!(rows, [("line", 1)]);
        assert!(moment.at <= ambient.now());
        is_whole(&pair.to).await.unwrap();
        let copied = Database::open(&pair.to, &[]).await.unwrap();
        add(&copied, "three".to_owned()).await;
        let last: i64 = query_scalar("SELECT MAX(n) FROM line").fetch_one(copied.readers()).await.unwrap();
        assert_eq!(last, 3);
        let forget = "DELETE FROM line WHERE n = 2";
        let work = copied.write(move |c| Box::pin(async move { query(forget).execute(c).await.stored() }));
        assert!(work.await.is_err(), "the trigger went along");
        assert!(copy(std::slice::from_ref(&pair), &ambient).await.is_err(), "nothing is overwritten");
    }

    #[tokio::test]
    async fn a_copy_that_lacks_a_row_or_an_index_is_told_of() {
        let directory = tempfile::tempdir().unwrap();
        let database = file(directory.path(), "a.db").await;
        add(&database, "one".to_owned()).await;
        let (from, to) = (directory.path().join("a.db"), directory.path().join("copy.db"));
        copy(&[Pair { from: from.clone(), to: to.clone() }], &Ambient::system()).await.unwrap();
        let look = async |path: &Path| seen(open(path, false).await.unwrap()).await.unwrap().1;
        let (original, copied) = (look(&from).await, look(&to).await);
        same(&original, &copied).unwrap();
        let mut connection = open(&to, false).await.unwrap();
        connection.execute("UPDATE line SET told = 'two'").await.unwrap();
        let told = same(&original, &look(&to).await).unwrap_err();
        assert!(told.operator.unwrap().contains("line"));
        connection.execute("UPDATE line SET told = 'one'; DROP INDEX line_told").await.unwrap();
        let told = same(&original, &look(&to).await).unwrap_err();
        assert!(told.operator.unwrap().contains("indexes"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_holds_one_file_for_long_keeps_nobody_from_the_others() {
        let directory = tempfile::tempdir().unwrap();
        let (first, _second) = (file(directory.path(), "a.db").await, file(directory.path(), "b.db").await);
        let mut other = open(&directory.path().join("b.db"), false).await.unwrap();
        other.execute("BEGIN IMMEDIATE").await.unwrap();
        let pair = |name: &str| Pair {
            from: directory.path().join(format!("{name}.db")),
            to: directory.path().join(format!("{name}.copy")),
        };
        let pairs = [pair("a"), pair("b")];
        let copying = tokio::spawn(async move { copy(&pairs, &Ambient::system()).await });
        let began = Instant::now();
        // Longer than two tries, each of which holds the first file.
        for n in 0.. {
            if began.elapsed() > 3 * BUDGET {
                break;
            }
            let asked = Instant::now();
            add(&first, format!("{n}")).await;
            assert!(asked.elapsed() < 3 * BUDGET, "a writer waited {:?}", asked.elapsed());
        }
        assert!(!copying.is_finished(), "one file was never free");
        other.execute("ROLLBACK").await.unwrap();
        copying.await.unwrap().unwrap();
    }
}
