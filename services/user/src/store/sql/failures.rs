//! Wrong passwords in the database: each counts, but the audit list gets one act a minute for a user and a network. Whoever guesses
//! all night would else leave a row a guess, kept for a year.

use std::time::Duration;

use kit::net::network_of;
use kit::{Act, Failure, TenantId, Timestamp, UserId};
use sql::{Connection, Readers, Stored as _};

use super::{changes, rows};
use crate::events::Announcer;

/// How long wrong passwords are counted before they are told of again.
const COUNTED_FOR: Duration = Duration::from_secs(60);
/// How many counts one sweep tells of: other writers wait for it.
const BATCH: u32 = 100;

/// Records a wrong password, with how many came since the last act as `attempts`; within the minute it is only counted.
pub async fn record(connection: &mut Connection, announcer: &Announcer, user: UserId, act: Act) -> Result<(), Failure> {
    let network = act.address.map(|address| network_of(address).to_string()).unwrap_or_default();
    rows::lock(connection, user).await?;
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

/// A count that was told of so long ago that it is time to tell of it again, or to forget it.
#[derive(Clone, Debug)]
pub struct Count {
    user: UserId,
    tenant: TenantId,
    action: String,
    network: String,
}

/// Some counts whose time may be over; `sweep` decides.
pub async fn old(readers: &Readers, now: Timestamp) -> Result<Vec<Count>, Failure> {
    let found = sql::query(
        "SELECT password_failures.*, users.tenant_id FROM password_failures
         JOIN users ON users.id = password_failures.user_id WHERE told_at <= ? ORDER BY told_at LIMIT ?",
    )
    .bind(now.minus(COUNTED_FOR).as_micros())
    .bind(BATCH)
    .fetch_all(readers)
    .await
    .stored()?;
    let count = |row: &sql::Row| {
        Ok(Count {
            user: UserId::from_bytes(row.get("user_id")).ok_or_else(|| rows::broken("user id"))?,
            tenant: TenantId::from_bytes(row.get("tenant_id")).ok_or_else(|| rows::broken("tenant id"))?,
            action: row.get("action"),
            network: row.get("network"),
        })
    };
    found.iter().map(count).collect()
}

/// Tells of what was counted and followed by nothing, and forgets the counts; how many.
pub async fn sweep(
    connection: &mut Connection,
    announcer: &Announcer,
    counts: &[Count],
    now: Timestamp,
) -> Result<u64, Failure> {
    let mut removed = 0;
    for count in counts {
        let Some(untold) = count.take(connection, now).await? else { continue };
        if untold > 0 {
            changes::record(connection, announcer, &count.act(untold)).await?;
        }
        removed += 1;
    }
    Ok(removed)
}

impl Count {
    /// Removes it; how much is untold. `None` where somebody else is at it, or was.
    async fn take(&self, connection: &mut Connection, now: Timestamp) -> Result<Option<u32>, Failure> {
        let untold = sql::query_scalar::<u32>(
            "SELECT untold FROM password_failures
             WHERE user_id = ? AND action = ? AND network = ? AND told_at <= ? FOR UPDATE SKIP LOCKED",
        )
        .bind(self.user.as_bytes())
        .bind(&self.action)
        .bind(&self.network)
        .bind(now.minus(COUNTED_FOR).as_micros())
        .fetch_optional(&mut *connection)
        .await
        .stored()?;
        if untold.is_some() {
            sql::query("DELETE FROM password_failures WHERE user_id = ? AND action = ? AND network = ?")
                .bind(self.user.as_bytes())
                .bind(&self.action)
                .bind(&self.network)
                .execute(connection)
                .await
                .stored()?;
        }
        Ok(untold)
    }

    /// What it is told of as: it knows the network and no single address.
    fn act(&self, untold: u32) -> Act {
        let act = Act::anonymous(&self.action, "user", self.user).detail("attempts", untold);
        Act { tenant: Some(self.tenant), address: self.network.parse().ok(), ..act }
    }
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
    use testkit::databases::fresh_both;

    use super::*;
    use crate::store::sql::TABLES;

    struct World {
        database: Database,
        clock: TestClock,
        user: UserId,
    }

    async fn world(database: Database) -> World {
        let clock = TestClock::default();
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
        World { database, clock, user }
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
            let counts = old(self.database.readers(), now).await.unwrap();
            let work = self.database.write(move |c| Box::pin(async move { sweep(c, &announcer, &counts, now).await }));
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
        for (database, _keep) in fresh_both(TABLES).await {
            let world = world(database).await;
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
}
