//! Events into rows: what was announced, who can be reached and how far the consumer has come, in one transaction.

use async_trait::async_trait;
use bus::{Topic, outbox};
use kit::{Ambient, Failure, Timestamp, UserId};
use sql::{Connection, Stored as _};

use super::contacts::Presence;
use super::{SqlStore, contacts, rows, webhooks};
use crate::domain::delivery::Told;
use crate::domain::{
    AllocationNews, Channel, Delivery, DeliveryId, EventType, Kind, Occurrence, Seen, Subject, backoff,
};
use crate::ports::{Batch, Effect, Inbox};

#[async_trait]
impl Inbox for SqlStore {
    async fn position(&self, consumer: &str, topic: Topic) -> Result<u64, Failure> {
        outbox::position(&self.database, consumer, topic).await
    }

    async fn take(&self, consumer: &'static str, batch: Batch) -> Result<u64, Failure> {
        let ambient = self.ambient.clone();
        self.database
            .write(move |connection| {
                Box::pin(async move {
                    let taking = Taking { ambient, at: batch.at, channels: batch.channels };
                    let mut new = 0;
                    for effect in batch.effects {
                        new += taking.effect(connection, effect).await?;
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

struct Taking {
    ambient: Ambient,
    at: Timestamp,
    channels: Vec<Channel>,
}

impl Taking {
    async fn effect(&self, connection: &mut Connection, effect: Effect) -> Result<u64, Failure> {
        match effect {
            Effect::Deliver(delivery) => self.deliver(connection, &delivery).await,
            Effect::User { contact, news } => {
                let Some(change) = contacts::replace(connection, &contact).await? else { return Ok(0) };
                match news {
                    Some(news) => self.spread(connection, &news.with_proof(change.proved)).await,
                    None => Ok(0),
                }
            }
            Effect::Gone { user, revision } => {
                contacts::bury(connection, user, revision, self.at).await?;
                forget_user(connection, user).await.map(|()| 0)
            }
            Effect::Allocation(news) => self.allocation(connection, &news).await,
        }
    }

    /// To who is gone nothing goes but the farewell: their rows were removed, and would not be again.
    async fn deliver(&self, connection: &mut Connection, delivery: &Delivery) -> Result<u64, Failure> {
        let farewell = delivery.subject == Subject::Message(Kind::AccountDeleted);
        match contacts::presence(connection, delivery.user).await? {
            Presence::Gone if !farewell => Ok(0),
            _ => rows::insert(connection, delivery).await,
        }
    }

    async fn allocation(&self, connection: &mut Connection, news: &AllocationNews) -> Result<u64, Failure> {
        let before = seen(connection, news).await?;
        let Some((after, occurrence)) = Seen::after(before, news) else { return Ok(0) };
        see(connection, news, after, self.at).await?;
        match occurrence {
            Some(occurrence) => self.spread(connection, &occurrence).await,
            None => Ok(0),
        }
    }

    /// One delivery to everybody who may want to hear of it.
    async fn spread(&self, connection: &mut Connection, occurrence: &Occurrence) -> Result<u64, Failure> {
        let gone = contacts::presence(connection, occurrence.told.user).await? == Presence::Gone;
        if gone || self.at.since(occurrence.told.at) >= backoff::NEWS {
            return Ok(0);
        }
        let told = || occurrence.told.clone();
        let mut new = 0;
        for channel in occurrence.kind.iter().flat_map(|_| &self.channels) {
            if let Some(kind) = occurrence.kind {
                let delivery = Delivery::to_person(self.id(), kind, *channel, told(), self.at);
                new += rows::insert(connection, &delivery).await?;
            }
        }
        match occurrence.event {
            Some(event) => Ok(new + self.to_webhooks(connection, event, told()).await?),
            None => Ok(new),
        }
    }

    async fn to_webhooks(&self, connection: &mut Connection, event: EventType, told: Told) -> Result<u64, Failure> {
        let mut new = 0;
        for webhook in webhooks::wanting(connection, told.user, event).await? {
            let delivery = Delivery::to_webhook(self.id(), webhook, Subject::Event(event), told.clone(), self.at);
            new += rows::insert(connection, &delivery).await?;
        }
        Ok(new)
    }

    fn id(&self) -> DeliveryId {
        DeliveryId::mint(&self.ambient)
    }
}

/// What is kept of a user who is gone; a farewell goes out all the same.
async fn forget_user(connection: &mut Connection, user: UserId) -> Result<(), Failure> {
    for statement in [
        "DELETE FROM delivery WHERE user_id = ? AND kind <> 'account_deleted'",
        "DELETE FROM preference WHERE user_id = ?",
        "DELETE FROM webhook WHERE user_id = ?",
    ] {
        sql::query(statement).bind(user.as_bytes()).execute(&mut *connection).await.stored()?;
    }
    Ok(())
}

async fn seen(connection: &mut Connection, news: &AllocationNews) -> Result<Option<Seen>, Failure> {
    let row = sql::query("SELECT revision, awaited, removed FROM allocation_seen WHERE allocation_id = ?")
        .bind(news.id.as_bytes())
        .fetch_optional(connection)
        .await
        .stored()?;
    Ok(row.map(|row| Seen {
        revision: row.get::<i64>("revision") as u64,
        awaited: row.get("awaited"),
        removed: row.get("removed"),
    }))
}

async fn see(connection: &mut Connection, news: &AllocationNews, seen: Seen, at: Timestamp) -> Result<(), Failure> {
    sql::query(
        "INSERT OR REPLACE INTO allocation_seen (allocation_id, revision, awaited, removed, seen_at)
         VALUES (?, ?, ?, ?, ?)",
    )
    .bind(news.id.as_bytes())
    .bind(seen.revision as i64)
    .bind(seen.awaited)
    .bind(seen.removed)
    .bind(at.as_micros())
    .execute(connection)
    .await
    .stored()
    .map(drop)
}
