//! Wrong passwords in SQLite: each counts, but the audit list gets one act a minute for a user and a network. Whoever guesses
//! all night would else leave a row a guess, kept for a year.

use std::time::Duration;

use kit::net::network_of;
use kit::{Act, Failure, TenantId, Timestamp, UserId};
use sql::{Connection, Row, Stored as _};

use super::{changes, rows};
use crate::events::Announcer;

/// How long wrong passwords are counted before they are told of again.
const COUNTED_FOR: Duration = Duration::from_secs(60);
/// How many counts one sweep tells of: other writers wait for it.
const BATCH: u32 = 100;

/// Records a wrong password, with how many came since the last act as `attempts`; within the minute it is only counted.
pub async fn record(connection: &mut Connection, announcer: &Announcer, user: UserId, act: Act) -> Result<(), Failure> {
    let network = act.address.map(|address| network_of(address).to_string()).unwrap_or_default();
    let now = announcer.ambient().now();
    let counted: Option<(i64, u32)> =
        sql::query_as("SELECT told_at, untold FROM password_failures WHERE user_id = ? AND action = ? AND network = ?")
            .bind(user.as_bytes())
            .bind(&act.action)
            .bind(&network)
            .fetch_optional(&mut *connection)
            .await
            .stored()?;
    let (told_at, untold) = counted.map_or((None, 0), |(at, untold)| (Some(Timestamp::from_micros(at)), untold));
    let attempts = untold.saturating_add(1);
    if let Some(told_at) = told_at.filter(|at| now.since(*at) < COUNTED_FOR) {
        return count(connection, user, &act.action, &network, told_at, attempts).await;
    }
    count(connection, user, &act.action, &network, now, 0).await?;
    changes::record(connection, announcer, &act.detail("attempts", attempts)).await
}

async fn count(
    connection: &mut Connection,
    user: UserId,
    action: &str,
    network: &str,
    told_at: Timestamp,
    untold: u32,
) -> Result<(), Failure> {
    sql::query(
        "INSERT INTO password_failures (user_id, action, network, told_at, untold) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (user_id, action, network) DO UPDATE SET told_at = excluded.told_at, untold = excluded.untold",
    )
    .bind(user.as_bytes())
    .bind(action)
    .bind(network)
    .bind(told_at.as_micros())
    .bind(untold)
    .execute(connection)
    .await
    .stored()
    .map(drop)
}

/// Tells of what was counted and followed by nothing, and forgets the counts; how many.
pub async fn sweep(connection: &mut Connection, announcer: &Announcer, now: Timestamp) -> Result<u64, Failure> {
    let old = sql::query(
        "SELECT password_failures.*, users.tenant_id FROM password_failures
         JOIN users ON users.id = password_failures.user_id WHERE told_at <= ? ORDER BY told_at LIMIT ?",
    )
    .bind(now.minus(COUNTED_FOR).as_micros())
    .bind(BATCH)
    .fetch_all(&mut *connection)
    .await
    .stored()?;
    for row in &old {
        if row.get::<u32>("untold") > 0 {
            changes::record(connection, announcer, &counted(row)?).await?;
        }
        sql::query("DELETE FROM password_failures WHERE user_id = ? AND action = ? AND network = ?")
            .bind(row.get::<&[u8]>("user_id"))
            .bind(row.get::<&str>("action"))
            .bind(row.get::<&str>("network"))
            .execute(&mut *connection)
            .await
            .stored()?;
    }
    Ok(old.len() as u64)
}

/// The act of a count, which knows the network and no single address.
fn counted(row: &Row) -> Result<Act, Failure> {
    let user = UserId::from_bytes(row.get("user_id")).ok_or_else(|| rows::broken("user id"))?;
    let tenant = TenantId::from_bytes(row.get("tenant_id")).ok_or_else(|| rows::broken("tenant id"))?;
    let act = Act::anonymous(row.get("action"), "user", user).detail("attempts", row.get::<u32>("untold"));
    Ok(Act { tenant: Some(tenant), address: row.get::<&str>("network").parse().ok(), ..act })
}

#[cfg(test)]
mod tests {
    use bus::audit::RECORDED;
    use bus::{OutboxSource, Source as _, Topic};
    use kit::ServiceName;
    use prost::Message as _;
    use proto::v1::AuditRecorded;
    use sql::Database;
    use testkit::TestClock;

    use super::*;
    use crate::store::sqlite::MIGRATIONS;

    struct World {
        database: Database,
        clock: TestClock,
        user: UserId,
        _directory: tempfile::TempDir,
    }

    async fn world() -> World {
        let (directory, clock) = (tempfile::tempdir().unwrap(), TestClock::default());
        let database =
            Database::open(&directory.path().join("user.db"), &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
        let ambient = clock.ambient();
        let (user, tenant) = (UserId::mint(&ambient), TenantId::mint(&ambient));
        let insert = "INSERT INTO users (id, tenant_id, email, first_name, last_name, password_hash, verified, admin,
             email_notification, sms_notification, created_at, updated_at, revision)
             VALUES (?, ?, 'ada@example.org', 'Ada', 'Lovelace', '', 1, 0, 1, 0, 0, 0, 1)";
        let work = database.write(move |c| {
            Box::pin(async move {
                let insert = sql::query(insert).bind(user.as_bytes()).bind(tenant.as_bytes());
                insert.execute(c).await.stored().map(drop)
            })
        });
        work.await.unwrap();
        World { database, clock, user, _directory: directory }
    }

    impl World {
        async fn guess(&self, from: &str) {
            let (announcer, user) = (Announcer::here(&self.clock.ambient()), self.user);
            let act = Act { address: from.parse().ok(), ..Act::anonymous("user.login_failed", "user", user) };
            let work = self.database.write(move |c| Box::pin(async move { record(c, &announcer, user, act).await }));
            work.await.unwrap();
        }

        async fn sweep(&self) -> u64 {
            let (announcer, now) = (Announcer::here(&self.clock.ambient()), self.clock.ambient().now());
            let work = self.database.write(move |c| Box::pin(async move { sweep(c, &announcer, now).await }));
            work.await.unwrap()
        }

        /// How many attempts each act tells of.
        async fn told(&self) -> Vec<String> {
            let source = OutboxSource::new(self.database.clone(), Topic::Audit(ServiceName::User));
            let acts = source.after(0, 100).await.unwrap().into_iter().map(|record| record.event);
            let acts = acts.filter(|event| event.kind == RECORDED);
            acts.map(|event| AuditRecorded::decode(event.data.as_slice()).unwrap().details["attempts"].clone())
                .collect()
        }
    }

    #[tokio::test]
    async fn a_minute_of_guesses_from_one_network_is_one_act_and_none_is_lost() {
        let world = world().await;
        for host in 1..=3 {
            world.guess(&format!("2001:db8::{host}")).await;
        }
        assert_eq!(world.told().await, ["1"]);
        world.guess("192.0.2.1").await;
        assert_eq!(world.told().await, ["1", "1"]);
        world.clock.advance(COUNTED_FOR);
        world.guess("2001:db8::9").await;
        assert_eq!(world.told().await, ["1", "1", "3"]);
        world.guess("2001:db8::9").await;
        assert_eq!(world.sweep().await, 1, "only what was told of a minute ago");
        world.clock.advance(COUNTED_FOR);
        assert_eq!((world.sweep().await, world.sweep().await), (1, 0));
        assert_eq!(world.told().await, ["1", "1", "3", "1"]);
    }
}
