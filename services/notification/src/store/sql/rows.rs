//! Deliveries as rows, in both directions. `sealed_code` and `facts` are NULL where there is nothing to keep.

use kit::{EventId, Failure, NIL, Timestamp, UserId, WebhookId};
use sql::{Connection, Row, Stored as _};

use crate::domain::{Channel, Delivery, DeliveryId, Facts, Record, State, Subject};

/// Puts a delivery among those that wait. Returns how many are new: 0 where its cause is known over its channel.
pub async fn insert(connection: &mut Connection, delivery: &Delivery) -> Result<u64, Failure> {
    let facts = (delivery.facts != Facts::default()).then(|| serde_json::to_string(&delivery.facts)).transpose();
    let done = sql::query(
        "INSERT INTO delivery (id, cause_id, user_id, channel, webhook_id, kind, recipient, first_name, sealed_code,
                               facts, state, attempts, due_at, held_until, occurred_at, expires_at, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', 0, ?, 0, ?, ?, ?)
         ON CONFLICT DO NOTHING",
    )
    .bind(delivery.id.as_bytes())
    .bind(delivery.cause.as_bytes())
    .bind(delivery.user.as_bytes())
    .bind(delivery.channel.as_str())
    .bind(webhook_key(delivery.webhook).as_bytes().to_vec())
    .bind(delivery.subject.as_str())
    .bind(&delivery.recipient)
    .bind(&delivery.first_name)
    .bind(Some(&delivery.sealed_code).filter(|code| !code.is_empty()))
    .bind(facts.map_err(Failure::internal)?)
    .bind(delivery.created_at.as_micros())
    .bind(delivery.occurred_at.as_micros())
    .bind(delivery.expires_at.as_micros())
    .bind(delivery.created_at.as_micros())
    .execute(connection)
    .await
    .stored()?;
    Ok(done.rows_affected())
}

/// Messages to people have the nil id for a webhook.
fn webhook_key(webhook: Option<WebhookId>) -> WebhookId {
    webhook.unwrap_or(WebhookId::from_uuid(NIL))
}

/// A claimed row; `attempts` counts the one that the claim begins.
pub fn delivery(row: &Row) -> Result<Delivery, Failure> {
    let webhook = WebhookId::from_bytes(row.get("webhook_id")).ok_or_else(|| broken("webhook_id"))?;
    let facts: Option<&str> = row.get("facts");
    Ok(Delivery {
        id: DeliveryId::from_bytes(row.get("id")).ok_or_else(|| broken("id"))?,
        cause: EventId::from_bytes(row.get("cause_id")).ok_or_else(|| broken("cause_id"))?,
        user: UserId::from_bytes(row.get("user_id")).ok_or_else(|| broken("user_id"))?,
        channel: Channel::parse(row.get("channel")).ok_or_else(|| broken("channel"))?,
        subject: Subject::parse(row.get("kind")).ok_or_else(|| broken("kind"))?,
        recipient: row.get("recipient"),
        first_name: row.get("first_name"),
        sealed_code: row.get::<Option<Vec<u8>>>("sealed_code").unwrap_or_default(),
        facts: facts.map_or_else(|| Ok(Facts::default()), serde_json::from_str).map_err(|_| broken("facts"))?,
        webhook: Some(webhook).filter(|id| id.as_uuid() != NIL),
        attempts: row.get::<u32>("attempts") + 1,
        occurred_at: Timestamp::from_micros(row.get("occurred_at")),
        created_at: Timestamp::from_micros(row.get("created_at")),
        expires_at: Timestamp::from_micros(row.get("expires_at")),
    })
}

/// A row as it is shown.
pub fn record(row: &Row) -> Result<Record, Failure> {
    let sent_to: Option<String> = row.get("sent_to");
    Ok(Record {
        id: DeliveryId::from_bytes(row.get("id")).ok_or_else(|| broken("id"))?,
        user: UserId::from_bytes(row.get("user_id")).ok_or_else(|| broken("user_id"))?,
        channel: Channel::parse(row.get("channel")).ok_or_else(|| broken("channel"))?,
        subject: Subject::parse(row.get("kind")).ok_or_else(|| broken("kind"))?,
        recipient: sent_to.unwrap_or_else(|| row.get("recipient")),
        state: State::parse(row.get("state")).ok_or_else(|| broken("state"))?,
        reason: row.get("reason"),
        attempts: row.get("attempts"),
        status: row.get("status"),
        created_at: Timestamp::from_micros(row.get("created_at")),
        finished_at: row.get::<Option<i64>>("finished_at").map(Timestamp::from_micros),
    })
}

pub fn broken(what: &str) -> Failure {
    Failure::internal(format!("a row has a broken {what}"))
}
