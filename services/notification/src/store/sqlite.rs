//! Deliveries in the service's own file. One process has the file, which is why opening it frees what was held.

use async_trait::async_trait;
use bus::{Topic, outbox};
use kit::{EventId, Failure, Timestamp, UserId};
use sqlite::{Database, Stored as _};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use crate::domain::{Channel, Delivery, DeliveryId, Kind, Outcome};
use crate::ports::{Batch, Deliveries, Inbox, Status};

/// The tables of this store; the bus's own come before them.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/notification/sqlite");

/// Deliveries, and the consumer's position beside them.
pub struct SqliteDeliveries(Database);

impl SqliteDeliveries {
    /// Whatever is held was held by a process that is gone; it may be tried again at once.
    pub async fn open(database: Database) -> Result<Self, Failure> {
        database
            .write(|connection| {
                Box::pin(async move {
                    let free = sqlx::query("UPDATE delivery SET held_until = 0 WHERE state = 'pending'");
                    free.execute(connection).await.stored().map(drop)
                })
            })
            .await?;
        Ok(Self(database))
    }
}

#[async_trait]
impl Inbox for SqliteDeliveries {
    async fn position(&self, consumer: &str, topic: Topic) -> Result<u64, Failure> {
        outbox::position(&self.0, consumer, topic).await
    }

    async fn take(&self, consumer: &'static str, batch: Batch) -> Result<u64, Failure> {
        self.0
            .write(move |connection| {
                Box::pin(async move {
                    let mut new = 0;
                    for delivery in &batch.deliveries {
                        new += insert(connection, delivery).await?;
                    }
                    for letter in &batch.unreadable {
                        outbox::bury(connection, consumer, letter).await?;
                    }
                    outbox::advance(connection, consumer, batch.topic, batch.up_to).await?;
                    Ok(new)
                })
            })
            .await
    }
}

#[async_trait]
impl Deliveries for SqliteDeliveries {
    async fn claim(&self, at: Timestamp, hold_until: Timestamp, limit: u32) -> Result<Vec<Delivery>, Failure> {
        let claimed = self.0.write(move |connection| {
            Box::pin(async move {
                let due = due(connection, at, limit).await?;
                for delivery in &due {
                    hold(connection, delivery.id, hold_until).await?;
                }
                Ok(due)
            })
        });
        claimed.await
    }

    async fn record(&self, id: DeliveryId, outcome: Outcome, at: Timestamp) -> Result<(), Failure> {
        self.0
            .write(move |connection| {
                Box::pin(async move {
                    match outcome {
                        Outcome::Retry { at } => put_off(connection, id, at).await,
                        Outcome::Sent => finish(connection, id, "sent", None, at).await,
                        Outcome::Expired => finish(connection, id, "expired", None, at).await,
                        Outcome::Dead(code) => finish(connection, id, "dead", Some(code.as_str()), at).await,
                    }
                })
            })
            .await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, Failure> {
        // NULL where nothing waits.
        let next: Option<i64> = sqlx::query_scalar(
            "SELECT MIN(CASE WHEN due_at > held_until THEN due_at ELSE held_until END)
             FROM delivery WHERE state = 'pending'",
        )
        .fetch_one(self.0.readers())
        .await
        .stored()?;
        Ok(next.map(Timestamp::from_micros))
    }

    async fn forget(&self, before: Timestamp) -> Result<u64, Failure> {
        self.0
            .write(move |connection| {
                Box::pin(async move {
                    let gone = sqlx::query("DELETE FROM delivery WHERE state <> 'pending' AND finished_at < ?")
                        .bind(before.as_micros());
                    gone.execute(connection).await.stored().map(|done| done.rows_affected())
                })
            })
            .await
    }

    async fn status(&self, id: DeliveryId) -> Result<Option<Status>, Failure> {
        let row = sqlx::query("SELECT state, reason, attempts, sealed_code FROM delivery WHERE id = ?")
            .bind(id.as_bytes())
            .fetch_optional(self.0.readers())
            .await
            .stored()?;
        Ok(row.map(|row| Status {
            state: row.get("state"),
            reason: row.get("reason"),
            attempts: row.get("attempts"),
            has_code: row.get::<Option<Vec<u8>>, _>("sealed_code").is_some(),
        }))
    }
}

async fn insert(connection: &mut SqliteConnection, delivery: &Delivery) -> Result<u64, Failure> {
    let done = sqlx::query(
        "INSERT INTO delivery (id, cause_id, user_id, channel, kind, recipient, first_name, sealed_code, state,
                               attempts, due_at, held_until, expires_at, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', 0, ?, 0, ?, ?)
         ON CONFLICT (cause_id, recipient, channel) DO NOTHING",
    )
    .bind(delivery.id.as_bytes())
    .bind(delivery.cause.as_bytes())
    .bind(delivery.user.as_bytes())
    .bind(delivery.channel.as_str())
    .bind(delivery.kind.as_str())
    .bind(&delivery.recipient)
    .bind(&delivery.first_name)
    .bind(&delivery.sealed_code)
    .bind(delivery.created_at.as_micros())
    .bind(delivery.expires_at.as_micros())
    .bind(delivery.created_at.as_micros())
    .execute(connection)
    .await
    .stored()?;
    Ok(done.rows_affected())
}

async fn due(connection: &mut SqliteConnection, at: Timestamp, limit: u32) -> Result<Vec<Delivery>, Failure> {
    let rows = sqlx::query(
        "SELECT * FROM delivery WHERE state = 'pending' AND due_at <= ? AND held_until <= ? ORDER BY due_at, id LIMIT ?",
    )
    .bind(at.as_micros())
    .bind(at.as_micros())
    .bind(limit)
    .fetch_all(connection)
    .await
    .stored()?;
    rows.iter().map(read).collect()
}

async fn hold(connection: &mut SqliteConnection, id: DeliveryId, until: Timestamp) -> Result<(), Failure> {
    let held = sqlx::query("UPDATE delivery SET held_until = ?, attempts = attempts + 1 WHERE id = ?")
        .bind(until.as_micros())
        .bind(id.as_bytes());
    held.execute(connection).await.stored().map(drop)
}

async fn put_off(connection: &mut SqliteConnection, id: DeliveryId, until: Timestamp) -> Result<(), Failure> {
    let put_off = sqlx::query("UPDATE delivery SET due_at = ?, held_until = 0 WHERE id = ? AND state = 'pending'")
        .bind(until.as_micros())
        .bind(id.as_bytes());
    put_off.execute(connection).await.stored().map(drop)
}

async fn finish(
    connection: &mut SqliteConnection,
    id: DeliveryId,
    state: &'static str,
    reason: Option<&'static str>,
    at: Timestamp,
) -> Result<(), Failure> {
    let finished = sqlx::query(
        "UPDATE delivery SET state = ?, reason = ?, finished_at = ?, sealed_code = NULL
         WHERE id = ? AND state = 'pending'",
    )
    .bind(state)
    .bind(reason)
    .bind(at.as_micros())
    .bind(id.as_bytes());
    finished.execute(connection).await.stored().map(drop)
}

/// `attempts` counts the one that the claim begins.
fn read(row: &SqliteRow) -> Result<Delivery, Failure> {
    let broken = |what: &str| Failure::internal(format!("a delivery row has a broken {what}"));
    Ok(Delivery {
        id: DeliveryId::from_bytes(row.get("id")).ok_or_else(|| broken("id"))?,
        cause: EventId::from_bytes(row.get("cause_id")).ok_or_else(|| broken("cause_id"))?,
        user: UserId::from_bytes(row.get("user_id")).ok_or_else(|| broken("user_id"))?,
        channel: Channel::parse(row.get("channel")).ok_or_else(|| broken("channel"))?,
        kind: Kind::parse(row.get("kind")).ok_or_else(|| broken("kind"))?,
        recipient: row.get("recipient"),
        first_name: row.get("first_name"),
        sealed_code: row.get::<Option<Vec<u8>>, _>("sealed_code").ok_or_else(|| broken("sealed_code"))?,
        attempts: row.get::<u32, _>("attempts") + 1,
        created_at: Timestamp::from_micros(row.get("created_at")),
        expires_at: Timestamp::from_micros(row.get("expires_at")),
    })
}
