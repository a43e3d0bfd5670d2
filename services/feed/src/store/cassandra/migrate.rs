//! Brings the keyspace up to date: the files of `migrations/feed/cql` in order, each once. Replicas that start together take
//! turns by a lease, because two changes of a schema at once can leave Cassandra's nodes with different ones.

use std::time::Duration;

use kit::{Ambient, ErrorCode, Failure};
use scylla::client::session::Session;
use scylla::errors::ExecutionError;
use scylla::response::query_result::QueryResult;
use scylla::statement::unprepared::Statement;
use tokio::time::Instant;
use uuid::Uuid;

use super::failure::{away, broken, repeatable};
use super::link::{Outcome, outcome};
use super::settings::CassandraSettings;

/// How long a lease holds, in seconds. A statement that takes longer may be run by two, which is why each can be repeated.
const TERM: i32 = 30;
/// How long somebody else's migrating is waited for.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long one change of the schema may take.
const CHANGE: Duration = Duration::from_secs(20);
/// The row of the record that is the lease.
const LEASE: &str = "lease";

/// The record of what was done, and in it the lease. Its id follows from the keyspace's name, so that two replicas that make
/// it at once make the same table: nothing else can settle who is first before there is a table.
fn record(keyspace: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, holder uuid) \
         WITH id = {} AND gc_grace_seconds = 3600",
        id_of(keyspace)
    )
}

/// FNV-1a of 128 bits (<https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>) as a UUID of version 8.
fn id_of(keyspace: &str) -> Uuid {
    let offset = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    let prime = 0x0000_0000_0100_0000_0000_0000_0000_013b_u128;
    let hash = keyspace.bytes().fold(offset, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(prime));
    uuid::Builder::from_custom_bytes(hash.to_be_bytes()).into_uuid()
}

macro_rules! migrations {
    ($($name:literal)*) => {
        /// Forward only: each stays as it was released, and leaves what the release before reads and writes.
        pub const MIGRATIONS: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../../../migrations/feed/cql/", $name, ".cql"))),)*];
    };
}

migrations! {
    "0100_likes"
    "0101_likes_by_user"
    "0102_comments"
    "0103_comments_by_user"
    "0104_comment_pace"
    "0105_people"
    "0106_outbox_mark"
    "0107_outbox_lease"
    "0108_outbox_relay"
    "0109_consumer"
    "0110_dead_letter"
    "0111_outbox_mark_version"
}

/// Makes the keyspace where it is missing and runs what was not run yet. Any number may do so at once.
pub async fn migrate(session: &Session, settings: &CassandraSettings, ambient: &Ambient) -> Result<(), Failure> {
    run(session, &settings.create_keyspace()).await?;
    session.use_keyspace(&settings.keyspace, true).await.map_err(away)?;
    run(session, &record(&settings.keyspace)).await?;
    let (holder, end) = (ambient.uuid(), Instant::now() + PATIENCE);
    loop {
        let failure = match advance(session, holder).await {
            Ok(Progress::Done) => return Ok(()),
            Ok(Progress::Made) => continue,
            Ok(Progress::Waits) => away("another replica is migrating"),
            // Replicas that start together are in each other's way, and Cassandra gives up soon.
            Err(failure) if failure.code == ErrorCode::StoreUnavailable => failure,
            Err(failure) => return Err(failure),
        };
        if Instant::now() > end {
            return Err(failure);
        }
        tokio::time::sleep(Duration::from_micros(u64::from(100_000 + ambient.below(100_000)))).await;
    }
}

enum Progress {
    Done,
    Made,
    Waits,
}

async fn advance(session: &Session, holder: Uuid) -> Result<Progress, Failure> {
    let missing = missing(session).await?;
    if missing.is_empty() {
        return Ok(Progress::Done);
    }
    if !lease(session, holder).await? {
        return Ok(Progress::Waits);
    }
    let done = take(session, &missing, holder).await;
    release(session, holder).await?;
    done.map(|()| Progress::Made)
}

async fn missing(session: &Session) -> Result<Vec<(&'static str, &'static str)>, Failure> {
    let answer = session.query_unpaged("SELECT name FROM schema_migration", ()).await;
    let rows = answer.map_err(|error| repeatable(&error))?.into_rows_result().map_err(broken)?;
    let taken = rows.rows::<(String,)>().map_err(broken)?.collect::<Result<Vec<_>, _>>().map_err(broken)?;
    let is_taken = |name: &str| taken.iter().any(|(taken,)| taken == name);
    Ok(MIGRATIONS.iter().filter(|(name, _)| !is_taken(name)).copied().collect())
}

async fn take(session: &Session, missing: &[(&str, &str)], holder: Uuid) -> Result<(), Failure> {
    for (name, cql) in missing {
        if !renew(session, holder).await? {
            // Another took over; it goes on where this one is.
            return Ok(());
        }
        tracing::info!(migration = name, "migrating the feed's keyspace");
        run(session, cql).await?;
        let record = "INSERT INTO schema_migration (name) VALUES (?)";
        session.query_unpaged(record, (name,)).await.map_err(|error| repeatable(&error))?;
    }
    Ok(())
}

/// Takes the lease, or finds it taken by this: an attempt whose outcome was unknown may have been one.
async fn lease(session: &Session, holder: Uuid) -> Result<bool, Failure> {
    let cql = "INSERT INTO schema_migration (name, holder) VALUES (?, ?) IF NOT EXISTS USING TTL ?";
    let taken = applied(session.query_unpaged(cql, (LEASE, holder, TERM)).await)?;
    if taken { Ok(true) } else { renew(session, holder).await }
}

async fn renew(session: &Session, holder: Uuid) -> Result<bool, Failure> {
    let cql = "UPDATE schema_migration USING TTL ? SET holder = ? WHERE name = ? IF holder = ?";
    applied(session.query_unpaged(cql, (TERM, holder, LEASE, holder)).await)
}

async fn release(session: &Session, holder: Uuid) -> Result<(), Failure> {
    let cql = "DELETE FROM schema_migration WHERE name = ? IF holder = ?";
    applied(session.query_unpaged(cql, (LEASE, holder)).await).map(drop)
}

fn applied(answer: Result<QueryResult, ExecutionError>) -> Result<bool, Failure> {
    Ok(outcome(answer.map_err(|error| repeatable(&error))?)? == Outcome::Applied)
}

/// A change of the schema; the driver waits until all nodes that live have the same.
async fn run(session: &Session, cql: &str) -> Result<(), Failure> {
    let mut statement = Statement::new(cql);
    statement.set_request_timeout(Some(CHANGE));
    session.query_unpaged(statement, ()).await.map(drop).map_err(|error| repeatable(&error))
}
