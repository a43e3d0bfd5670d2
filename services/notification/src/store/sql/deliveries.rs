//! Deliveries as the tasks work on them.

use async_trait::async_trait;
use kit::{Ambient, EventId, Failure, Timestamp};
use sql::{Connection, Dialect, Stored as _};

use super::{SqlStore, rows, webhooks};
use crate::domain::delivery::Told;
use crate::domain::webhook::AT_ONCE;
use crate::domain::{Attempt, Channel, Delivery, DeliveryId, Facts, Health, Kind, Outcome, State};
use crate::ports::{Deliveries, Ended, Lane};

/// Codes first: they are worth something for minutes only.
const DUE_MESSAGES: &str = "SELECT * FROM delivery
    WHERE state = 'pending' AND channel <> 'webhook' AND due_at <= ?1 AND held_until <= ?1
    ORDER BY sealed_code IS NULL, due_at, id LIMIT ?2";
const DUE_CODES: &str = "SELECT * FROM delivery
    WHERE state = 'pending' AND channel <> 'webhook' AND sealed_code IS NOT NULL AND due_at <= ?1 AND held_until <= ?1
    ORDER BY due_at, id LIMIT ?2";
/// The oldest that is due for each webhook that nothing is under way to, as far as its user has room.
const DUE_WEBHOOKS: &str = "WITH busy AS (
        SELECT user_id, COUNT(*) AS under_way FROM delivery
        WHERE state = 'pending' AND channel = 'webhook' AND held_until > ?1 GROUP BY user_id),
    next AS (
        SELECT user_id, MIN(id) AS id FROM delivery WHERE state = 'pending' AND channel = 'webhook' AND due_at <= ?1
        GROUP BY user_id, webhook_id HAVING MAX(held_until) <= ?1),
    placed AS (SELECT user_id, id, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY id) AS place FROM next)
    SELECT delivery.* FROM delivery JOIN placed ON placed.id = delivery.id
        LEFT JOIN busy ON busy.user_id = placed.user_id
    WHERE placed.place + COALESCE(busy.under_way, 0) <= ?3
    ORDER BY delivery.due_at, delivery.id LIMIT ?2";

#[async_trait]
impl Deliveries for SqlStore {
    async fn claim(
        &self,
        lane: Lane,
        at: Timestamp,
        hold_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, Failure> {
        self.database
            .write(move |connection| {
                Box::pin(async move {
                    take_turn(connection, lane).await?;
                    let ahead = ahead(connection).await?;
                    let due = due(connection, lane, at.as_micros() + ahead, limit).await?;
                    for delivery in &due {
                        hold(connection, delivery.id, hold_until.as_micros() + ahead).await?;
                    }
                    Ok(due)
                })
            })
            .await
    }

    async fn renew(&self, delivery: &Delivery, at: Timestamp, hold_until: Timestamp) -> Result<bool, Failure> {
        let (id, attempts, span) = (delivery.id, delivery.attempts, hold_until.as_micros() - at.as_micros());
        self.database
            .write_under_locks(move |connection| {
                Box::pin(async move {
                    let now = at.as_micros() + ahead(connection).await?;
                    let renewed = sql::query(
                        "UPDATE delivery SET held_until = ? WHERE id = ? AND attempts = ? AND state = 'pending' AND held_until > 0",
                    )
                    .bind(now + span)
                    .bind(id.as_bytes())
                    .bind(attempts);
                    renewed.execute(connection).await.stored().map(|done| done.rows_affected() > 0)
                })
            })
            .await
    }

    async fn record(&self, delivery: &Delivery, ended: Ended, at: Timestamp) -> Result<(), Failure> {
        let (store, delivery) = (self.clone(), delivery.clone());
        self.database
            .write(move |connection| {
                Box::pin(async move {
                    let moved = end(connection, &delivery, &ended.attempt, at).await?;
                    match ended.health {
                        Some(health) if moved => store.judge(connection, &delivery, health, at).await,
                        _ => Ok(()),
                    }
                })
            })
            .await
    }

    async fn next_due(&self, lane: Lane) -> Result<Option<Timestamp>, Failure> {
        // NULL where nothing waits.
        let next: Option<i64> = sql::query_scalar(
            "SELECT MIN(CASE WHEN due_at > held_until THEN due_at ELSE held_until END)
             FROM delivery WHERE state = 'pending' AND (channel = 'webhook') = ?
             AND (sealed_code IS NOT NULL OR NOT ?)",
        )
        .bind(lane == Lane::Webhooks)
        .bind(lane == Lane::Codes)
        .fetch_one(self.database.readers())
        .await
        .stored()?;
        Ok(next.map(Timestamp::from_micros))
    }

    async fn forget(&self, before: Timestamp) -> Result<u64, Failure> {
        self.database
            .write(move |connection| {
                Box::pin(async move {
                    for statement in [
                        "DELETE FROM contact WHERE gone_at < ?",
                        "DELETE FROM allocation_seen WHERE removed AND seen_at < ?",
                    ] {
                        sql::query(statement).bind(before.as_micros()).execute(&mut *connection).await.stored()?;
                    }
                    let gone = sql::query("DELETE FROM delivery WHERE state <> 'pending' AND finished_at < ?")
                        .bind(before.as_micros());
                    gone.execute(connection).await.stored().map(sql::Done::rows_affected)
                })
            })
            .await
    }

    async fn holds(&self, id: DeliveryId) -> Result<Option<(bool, bool)>, Failure> {
        let row =
            sql::query("SELECT sealed_code IS NOT NULL AS code, facts IS NOT NULL AS told FROM delivery WHERE id = ?")
                .bind(id.as_bytes())
                .fetch_optional(self.database.readers())
                .await
                .stored()?;
        Ok(row.map(|row| (row.get("code"), row.get("told"))))
    }
}

impl SqlStore {
    /// Takes an attempt into account for its webhook. Turned off by it, the owner gets a mail.
    async fn judge(
        &self,
        connection: &mut Connection,
        delivery: &Delivery,
        health: Health,
        at: Timestamp,
    ) -> Result<(), Failure> {
        let Some(id) = delivery.webhook else { return Ok(()) };
        let Some(before) = webhooks::find(connection, &self.sealing, delivery.user, id).await? else { return Ok(()) };
        let after = before.clone().after(health, at);
        if after == before {
            return Ok(());
        }
        webhooks::save(connection, (&self.sealing, &self.ambient), &after).await?;
        match after.disabled.filter(|_| before.active && !after.active) {
            Some(verdict) => {
                let facts = Facts::of(&[("url", &after.url), ("reason", verdict.as_str())]);
                rows::insert(connection, &told_off(&self.ambient, delivery, facts, at)).await.map(drop)
            }
            None => Ok(()),
        }
    }
}

fn told_off(ambient: &Ambient, delivery: &Delivery, facts: Facts, at: Timestamp) -> Delivery {
    let told = Told { cause: EventId::mint(ambient), user: delivery.user, at, facts };
    Delivery::to_person(DeliveryId::mint(ambient), Kind::WebhookDisabled, Channel::Email, told, at)
}

/// Where several replicas claim, one at a time does.
async fn take_turn(connection: &mut Connection, lane: Lane) -> Result<(), Failure> {
    let name = if lane == Lane::Webhooks { "webhooks" } else { "messages" };
    let lock = sql::query("SELECT name FROM lane WHERE name = ? FOR UPDATE").bind(name);
    lock.fetch_optional(connection).await.stored().map(drop)
}

/// How far a server's clock is ahead of this machine's, in microseconds. Holds are on the clock that all replicas share; less
/// than a second between two clocks is no difference.
async fn ahead(connection: &mut Connection) -> Result<i64, Failure> {
    if connection.dialect() == Dialect::Sqlite {
        return Ok(0);
    }
    let now: i64 = sql::query_scalar("SELECT NOW_MICROS()").fetch_one(connection).await.stored()?;
    let ahead = now - Ambient::system().now().as_micros();
    Ok(if ahead.abs() < 1_000_000 { 0 } else { ahead })
}

async fn due(connection: &mut Connection, lane: Lane, at: i64, limit: u32) -> Result<Vec<Delivery>, Failure> {
    let statement = match lane {
        Lane::Messages => DUE_MESSAGES,
        Lane::Codes => DUE_CODES,
        Lane::Webhooks => DUE_WEBHOOKS,
    };
    let due = sql::query(statement).bind(at).bind(limit);
    let due = if lane == Lane::Webhooks { due.bind(AT_ONCE) } else { due };
    let rows = due.fetch_all(connection).await.stored()?;
    rows.iter().map(rows::delivery).collect()
}

async fn hold(connection: &mut Connection, id: DeliveryId, until: i64) -> Result<(), Failure> {
    let held = sql::query("UPDATE delivery SET held_until = ?, attempts = attempts + 1 WHERE id = ?")
        .bind(until)
        .bind(id.as_bytes());
    held.execute(connection).await.stored().map(drop)
}

/// Whether the delivery still waited, and so took the outcome.
async fn end(
    connection: &mut Connection,
    delivery: &Delivery,
    attempt: &Attempt,
    at: Timestamp,
) -> Result<bool, Failure> {
    let (state, reason) = match attempt.outcome {
        Outcome::Retry { at } => return put_off(connection, delivery, attempt, at).await,
        Outcome::Sent => (State::Sent, None),
        Outcome::Expired => (State::Expired, None),
        Outcome::Skipped => (State::Skipped, None),
        Outcome::Dead(code) => (State::Dead, Some(code.as_str())),
    };
    let finished = sql::query(
        "UPDATE delivery SET state = ?1, reason = ?2, finished_at = ?3, sealed_code = NULL,
                facts = CASE WHEN ?1 = 'dead' THEN facts END,
                sent_to = COALESCE(?4, sent_to), status = COALESCE(?5, status)
         WHERE id = ?6 AND state = 'pending' AND attempts = ?7",
    )
    .bind(state.as_str())
    .bind(reason)
    .bind(at.as_micros())
    .bind(&attempt.recipient)
    .bind(attempt.status)
    .bind(delivery.id.as_bytes())
    .bind(delivery.attempts);
    finished.execute(connection).await.stored().map(|done| done.rows_affected() > 0)
}

async fn put_off(
    connection: &mut Connection,
    delivery: &Delivery,
    attempt: &Attempt,
    until: Timestamp,
) -> Result<bool, Failure> {
    let put_off = sql::query(
        "UPDATE delivery SET due_at = ?, held_until = 0, status = COALESCE(?, status)
         WHERE id = ? AND state = 'pending' AND attempts = ?",
    )
    .bind(until.as_micros())
    .bind(attempt.status)
    .bind(delivery.id.as_bytes())
    .bind(delivery.attempts);
    put_off.execute(connection).await.stored().map(|done| done.rows_affected() > 0)
}
