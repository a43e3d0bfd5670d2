//! Webhooks, their secrets sealed.

use async_trait::async_trait;
use kit::{Act, Ambient, ErrorCode, Failure, SealingKey, Timestamp, UserId, WebhookId};
use sql::{Connection, Row, Stored as _};

use super::SqlStore;
use super::contacts::require_present;
use super::rows::{self, broken};
use crate::domain::webhook::{MOST, MOST_TESTS, full};
use crate::domain::{Delivery, EventType, Events, Secret, Subject, Verdict, Webhook};
use crate::ports::{Edit, Webhooks};

const OF_USER: &str = "SELECT * FROM webhook WHERE user_id = ? ORDER BY id";
const ONE: &str = "SELECT * FROM webhook WHERE user_id = ? AND id = ?";
/// What secrets are sealed with: the key and the chance that it takes.
type Sealing<'a> = (&'a SealingKey, &'a Ambient);

#[async_trait]
impl Webhooks for SqlStore {
    async fn list(&self, user: UserId) -> Result<Vec<Webhook>, Failure> {
        let rows = sql::query(OF_USER).bind(user.as_bytes()).fetch_all(self.database.readers()).await.stored()?;
        rows.iter().map(|row| read(row, &self.sealing)).collect()
    }

    async fn find(&self, user: UserId, id: WebhookId) -> Result<Option<Webhook>, Failure> {
        let row = sql::query(ONE).bind(user.as_bytes()).bind(id.as_bytes());
        let row = row.fetch_optional(self.database.readers()).await.stored()?;
        row.map(|row| read(&row, &self.sealing)).transpose()
    }

    async fn create(&self, webhook: Webhook, act: Act) -> Result<(), Failure> {
        let store = self.clone();
        self.database
            .write(move |connection| {
                Box::pin(async move {
                    require_present(connection, webhook.user).await?;
                    let there: i64 = sql::query_scalar("SELECT COUNT(*) FROM webhook WHERE user_id = ?")
                        .bind(webhook.user.as_bytes())
                        .fetch_one(&mut *connection)
                        .await
                        .stored()?;
                    if there as usize >= MOST {
                        return Err(full());
                    }
                    save(connection, (&store.sealing, &store.ambient), &webhook).await?;
                    store.audited(connection, &act).await
                })
            })
            .await
    }

    async fn update(&self, user: UserId, id: WebhookId, edit: Edit, act: Act) -> Result<Option<Webhook>, Failure> {
        let store = self.clone();
        self.database
            .write(move |connection| {
                Box::pin(async move {
                    let Some(webhook) = find(connection, &store.sealing, user, id).await? else { return Ok(None) };
                    let webhook = edit(webhook);
                    save(connection, (&store.sealing, &store.ambient), &webhook).await?;
                    store.audited(connection, &act).await?;
                    Ok(Some(webhook))
                })
            })
            .await
    }

    async fn delete(&self, user: UserId, id: WebhookId, act: Act) -> Result<bool, Failure> {
        let store = self.clone();
        self.database
            .write(move |connection| {
                Box::pin(async move {
                    let gone = sql::query("DELETE FROM webhook WHERE user_id = ? AND id = ?")
                        .bind(user.as_bytes())
                        .bind(id.as_bytes());
                    if gone.execute(&mut *connection).await.stored()?.rows_affected() == 0 {
                        return Ok(false);
                    }
                    let orphans = sql::query("DELETE FROM delivery WHERE webhook_id = ?").bind(id.as_bytes());
                    orphans.execute(&mut *connection).await.stored()?;
                    store.audited(connection, &act).await.map(|()| true)
                })
            })
            .await
    }

    async fn enqueue(&self, delivery: Delivery) -> Result<bool, Failure> {
        let sealing = self.sealing.clone();
        self.database
            .write(move |connection| {
                Box::pin(async move {
                    let Some(id) = delivery.webhook else { return Ok(false) };
                    if find(connection, &sealing, delivery.user, id).await?.is_none() {
                        return Ok(false);
                    }
                    if waiting(connection, id, delivery.subject).await? >= MOST_TESTS {
                        let told = format!("{MOST_TESTS} of these are under way already.");
                        return Err(Failure::new(ErrorCode::TooMany, told));
                    }
                    rows::insert(connection, &delivery).await.map(|_| true)
                })
            })
            .await
    }
}

/// How many deliveries about something wait at a webhook.
async fn waiting(connection: &mut Connection, id: WebhookId, subject: Subject) -> Result<usize, Failure> {
    let count: i64 =
        sql::query_scalar("SELECT COUNT(*) FROM delivery WHERE webhook_id = ? AND kind = ? AND state = 'pending'")
            .bind(id.as_bytes())
            .bind(subject.as_str())
            .fetch_one(connection)
            .await
            .stored()?;
    Ok(count as usize)
}

/// A user's active webhooks that want an event.
pub async fn wanting(connection: &mut Connection, user: UserId, event: EventType) -> Result<Vec<WebhookId>, Failure> {
    let rows = sql::query(OF_USER).bind(user.as_bytes()).fetch_all(connection).await.stored()?;
    let mut wanting = Vec::new();
    for row in rows.iter().filter(|row| row.get::<bool>("active")) {
        if events(row)?.wants(event) {
            wanting.push(id(row)?);
        }
    }
    Ok(wanting)
}

pub async fn find(
    connection: &mut Connection,
    sealing: &SealingKey,
    user: UserId,
    id: WebhookId,
) -> Result<Option<Webhook>, Failure> {
    let row = sql::query(ONE).bind(user.as_bytes()).bind(id.as_bytes()).fetch_optional(connection).await.stored()?;
    row.map(|row| read(&row, sealing)).transpose()
}

pub async fn save(connection: &mut Connection, by: Sealing<'_>, webhook: &Webhook) -> Result<(), Failure> {
    let sealed = |secret: &Secret| by.0.seal(by.1, webhook.id.as_bytes(), &secret.0);
    let events = serde_json::to_string(&webhook.events.names()).map_err(Failure::internal)?;
    let previous = webhook.previous.as_ref();
    sql::query(
        "INSERT OR REPLACE INTO webhook (id, user_id, url, events, active, secret, previous_secret, previous_until,
                                         failing_since, failures, disabled, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(webhook.id.as_bytes())
    .bind(webhook.user.as_bytes())
    .bind(&webhook.url)
    .bind(events)
    .bind(webhook.active)
    .bind(sealed(&webhook.secret))
    .bind(previous.map(|(secret, _)| sealed(secret)))
    .bind(previous.map(|(_, until)| until.as_micros()))
    .bind(webhook.failing_since.map(Timestamp::as_micros))
    .bind(webhook.failures)
    .bind(webhook.disabled.map(Verdict::as_str))
    .bind(webhook.created_at.as_micros())
    .bind(webhook.updated_at.as_micros())
    .execute(connection)
    .await
    .stored()
    .map(drop)
}

fn read(row: &Row, sealing: &SealingKey) -> Result<Webhook, Failure> {
    let id = id(row)?;
    let open = |sealed: &[u8]| sealing.open(id.as_bytes(), sealed).map(Secret).map_err(Failure::internal);
    let time = |name: &str| row.get::<Option<i64>>(name).map(Timestamp::from_micros);
    let previous: Option<Vec<u8>> = row.get("previous_secret");
    let disabled: Option<&str> = row.get("disabled");
    Ok(Webhook {
        id,
        user: UserId::from_bytes(row.get("user_id")).ok_or_else(|| broken("user_id"))?,
        url: row.get("url"),
        events: events(row)?,
        active: row.get("active"),
        secret: open(row.get("secret"))?,
        previous: previous.map(|sealed| open(&sealed)).transpose()?.zip(time("previous_until")),
        failing_since: time("failing_since"),
        failures: row.get("failures"),
        disabled: disabled.and_then(Verdict::parse),
        created_at: Timestamp::from_micros(row.get("created_at")),
        updated_at: Timestamp::from_micros(row.get("updated_at")),
    })
}

fn id(row: &Row) -> Result<WebhookId, Failure> {
    WebhookId::from_bytes(row.get("id")).ok_or_else(|| broken("id"))
}

fn events(row: &Row) -> Result<Events, Failure> {
    let names: Vec<String> = serde_json::from_str(row.get("events")).map_err(|_| broken("events"))?;
    Events::parse(&names).map_err(|_| broken("events"))
}
