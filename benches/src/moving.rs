//! Rows a second of a backup and of a move, for a platform with many allocations: one is made for real, and its rows are
//! multiplied in the files. Prints a table; asserts nothing.

#[allow(dead_code, reason = "other measurements ask more of it")]
mod platform;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use platform::Platform;
use sql::{Database, QueryBuilder, Stored as _};
use testkit::databases::fresh_mysql;
use testkit::servers;

/// What an allocation has in each file. The original is the one row that was there; ids are the numbers' digits.
const MULTIPLIED: [(&str, &str); 5] = [
    (
        "allocation.db",
        "INSERT INTO allocation SELECT {id}, tenant_id, user_id, name || '-' || i, live_name || '-' || i, machine_id, site,
         desired, state, reason_code, reason, details, sealed_values, holds_quota, created_at, updated_at, revision, epoch
         FROM (SELECT * FROM allocation LIMIT 1), n",
    ),
    (
        "allocation.db",
        "INSERT INTO ledger SELECT {id}, revision, at, state, reason_code, reason, cause, actor
         FROM (SELECT * FROM ledger WHERE allocation_id = (SELECT MIN(allocation_id) FROM ledger)), n",
    ),
    (
        "allocation.db",
        "INSERT INTO port_lease SELECT 'bench-' || (i / 60000), 'tcp', 1024 + i % 60000, {id}, name, bound, NULL
         FROM (SELECT * FROM port_lease LIMIT 1), n",
    ),
    (
        "verifier.db",
        "INSERT INTO allocation_copies SELECT {id}, tenant_id, revision, message
         FROM (SELECT * FROM allocation_copies LIMIT 1), n",
    ),
    (
        "notification.db",
        "INSERT INTO allocation_seen SELECT {id}, revision, awaited, removed, seen_at
         FROM (SELECT * FROM allocation_seen LIMIT 1), n",
    ),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    rustls::crypto::ring::default_provider().install_default().ok().context("TLS was set up twice")?;
    let mut words = std::env::args().skip(1);
    let berthd = words.next().context("usage: bench-moving BERTHD COUNT")?;
    let count: u64 = words.next().context("usage: bench-moving BERTHD COUNT")?.parse()?;
    let platform = Platform::start(&berthd).await?;
    platform.create_redis(true).await?;
    let directory = tempfile::tempdir()?;
    // As a backup has it: the platform goes on with its own files, and removes what it made.
    run(&berthd, &["backup", &text(&directory.path().join("one.tar")), "--data-dir", &text(platform.directory())])?;
    restore(&berthd, &platform, directory.path())?;
    platform.stop().await?;
    let data = directory.path().join("data");
    let rows = multiply(&data, count).await?;
    let backup = timed(&berthd, &["backup", &text(&directory.path().join("all.tar")), "--data-dir", &text(&data)])?;
    let size = std::fs::metadata(directory.path().join("all.tar"))?.len() >> 20;
    let moved = move_up(&berthd, directory.path(), &data).await?;
    let rate = |took: Duration| rows as f64 / took.as_secs_f64();
    println!("| {count} allocations, {rows} rows | s | rows/s |\n|---|---|---|");
    println!("| backup ({size} MiB) | {:.1} | {:.0} |", backup.as_secs_f64(), rate(backup));
    println!("| move, compared and announced | {:.1} | {:.0} |", moved.as_secs_f64(), rate(moved));
    Ok(())
}

fn restore(berthd: &str, platform: &Platform, home: &Path) -> anyhow::Result<()> {
    let (file, keys) = (home.join("one.tar"), platform.directory().join("keys/master.key"));
    let (file, keys, data) = (text(&file), text(&keys), text(&home.join("data")));
    run(berthd, &["restore", &file, "--keys", &keys, "--data-dir", &data])
}

/// Says how many rows there are then.
async fn multiply(data: &Path, count: u64) -> anyhow::Result<u64> {
    for (file, statement) in MULTIPLIED {
        let database = Database::open(&data.join(file), &[]).await?;
        let numbers = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) ");
        // WITH stands before the INSERT that uses it.
        let statement = numbers + &statement.replace("{id}", "CAST(printf('%016d', i) AS BLOB)");
        let work = database.write(move |c| {
            Box::pin(async move { QueryBuilder::new(&statement).build().execute(c).await.stored().map(drop) })
        });
        work.await?;
        database.close().await;
    }
    let mut rows = 0;
    for file in std::fs::read_dir(data)?.flatten().map(|entry| entry.path()) {
        if file.extension().is_some_and(|extension| extension == "db") {
            let readers = sql::moment::look_into(&file).await?;
            for table in sql::tables::of_file(&readers).await? {
                rows += table.count(&readers).await?;
            }
        }
    }
    Ok(rows)
}

/// To databases of its own, which are dropped afterwards but for Cassandra's keyspace and MongoDB's databases.
async fn move_up(berthd: &str, home: &Path, data: &Path) -> anyhow::Result<Duration> {
    let (mut settings, mut kept) = (Vec::new(), Vec::new());
    for service in ["user", "allocation", "notification"] {
        let (database, own) = fresh_mysql(&[]).await;
        database.close().await;
        settings.push(format!("[{service}]\ndatabase_url = \"{}\"\n", own.url()));
        kept.push(own);
    }
    let name = servers::unique("bench");
    for service in ["machines", "verifier"] {
        let url = servers::mongodb();
        settings.push(format!("[{service}]\nmongodb_url = \"{url}\"\nmongodb_database = \"{name}_{service}\"\n"));
    }
    settings.push(format!("[feed]\ncassandra = \"{}\"\nkeyspace = \"{name}_feed\"\n", servers::cassandra()));
    settings.push(format!("[kafka]\nbrokers = \"{}\"\ntopic_prefix = \"{name}.\"\n", servers::kafka()));
    let home = home.display();
    let files = format!("installation_file = \"{home}/installation\"\nmaster_key_file = \"{home}/master.key\"\n");
    let file = format!("{home}/to.toml");
    std::fs::write(&file, files + &settings.concat())?;
    timed(berthd, &["move", "--to", &file, "--data-dir", &text(data)])
}

fn timed(berthd: &str, words: &[&str]) -> anyhow::Result<Duration> {
    let began = Instant::now();
    run(berthd, words)?;
    Ok(began.elapsed())
}

fn run(berthd: &str, words: &[&str]) -> anyhow::Result<()> {
    let ended = Command::new(berthd).args(words).env("BERTH_LOG", "warn").status()?;
    ensure!(ended.success(), "berthd {words:?} failed");
    Ok(())
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
