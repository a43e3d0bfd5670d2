//! The outbox table: where a producer's events stand in the order of their commits. Embedded, it is also the bus.

use kit::{Ambient, EventId, Failure, ServiceName, Timestamp};
use sql::{Connection, Database, Row, Stored as _};
use tokio::sync::watch;

use crate::consume::{DeadLetter, Record, Source};
use crate::event::{Event, Topic, Trace};
use crate::shard::shard_of;

/// Appends an event to the outbox, in the transaction of the change that it announces.
pub async fn append(connection: &mut Connection, event: &Event) -> Result<(), Failure> {
    sql::query(
        "INSERT INTO outbox (topic, event_id, kind, source, subject, at, revision, request_id, traceparent, data, shard)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(event.topic.as_str())
    .bind(event.id.as_bytes())
    .bind(&event.kind)
    .bind(event.source.as_str())
    .bind(&event.subject)
    .bind(event.at.as_micros())
    .bind(event.revision as i64)
    .bind(&event.trace.request_id)
    .bind(&event.trace.traceparent)
    .bind(&event.data)
    .bind(shard_of(&event.subject).number())
    .execute(connection)
    .await
    .stored()
    .map(drop)
}

/// One topic of a producer's outbox, read as a bus.
pub struct OutboxSource {
    database: Database,
    topic: Topic,
}

impl OutboxSource {
    pub const fn new(database: Database, topic: Topic) -> Self {
        Self { database, topic }
    }
}

#[async_trait::async_trait]
impl Source for OutboxSource {
    fn topic(&self) -> Topic {
        self.topic
    }

    async fn after(&self, position: u64, limit: u32) -> Result<Vec<Record>, Failure> {
        let rows = sql::query("SELECT * FROM outbox WHERE position > ? AND topic = ? ORDER BY position LIMIT ?")
            .bind(position as i64)
            .bind(self.topic.as_str())
            .bind(limit)
            .fetch_all(self.database.readers())
            .await
            .stored()?;
        rows.iter().map(|row| record(self.topic, row)).collect()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.database.commits()
    }
}

fn record(topic: Topic, row: &Row) -> Result<Record, Failure> {
    Ok(Record { position: row.get::<i64>("position") as u64, event: event(topic, row)? })
}

/// The event that a row holds.
pub(crate) fn event(topic: Topic, row: &Row) -> Result<Event, Failure> {
    let broken = |what: &str| Failure::internal(format!("an outbox row has a broken {what}"));
    Ok(Event {
        id: EventId::from_bytes(row.get("event_id")).ok_or_else(|| broken("event_id"))?,
        topic,
        kind: row.get("kind"),
        source: row.get::<&str>("source").parse::<ServiceName>().map_err(|_| broken("source"))?,
        subject: row.get("subject"),
        at: Timestamp::from_micros(row.get("at")),
        revision: row.get::<i64>("revision") as u64,
        trace: Trace { request_id: row.get("request_id"), traceparent: row.get("traceparent") },
        data: row.get("data"),
    })
}

/// Removes what nobody needs: rows that every consumer is past (`position` is the least of theirs) and, on a compacted
/// topic, only where a newer event of the same subject exists. Returns how many.
pub async fn prune(database: &Database, topic: Topic, position: u64) -> Result<u64, Failure> {
    let statement = if topic.is_compacted() {
        "DELETE FROM outbox WHERE topic = ?1 AND position <= ?2 AND EXISTS
             (SELECT 1 FROM outbox newer WHERE newer.topic = ?1 AND newer.subject = outbox.subject
              AND newer.position > outbox.position)"
    } else {
        "DELETE FROM outbox WHERE topic = ?1 AND position <= ?2"
    };
    database
        .write(move |connection| {
            Box::pin(async move {
                let done = sql::query(statement).bind(topic.as_str()).bind(position as i64).execute(connection).await;
                done.stored().map(sql::Done::rows_affected)
            })
        })
        .await
}

/// How many events of a topic are behind a position.
pub async fn behind(database: &Database, topic: Topic, position: u64) -> Result<u64, Failure> {
    let count = sql::query_scalar::<i64>("SELECT COUNT(*) FROM outbox WHERE topic = ? AND position > ?");
    let count = count.bind(topic.as_str()).bind(position as i64).fetch_one(database.readers()).await.stored()?;
    Ok(count as u64)
}

/// How far a consumer has come; 0 before its first event.
pub async fn position(database: &Database, consumer: &str, topic: Topic) -> Result<u64, Failure> {
    let found = sql::query_scalar("SELECT position FROM consumer_position WHERE consumer = ? AND topic = ?")
        .bind(consumer)
        .bind(topic.as_str())
        .fetch_optional(database.readers())
        .await
        .stored()?;
    Ok(found.map_or(0, |position: i64| position as u64))
}

/// Moves a consumer forward, in the transaction that holds the effect.
pub async fn advance(connection: &mut Connection, consumer: &str, topic: Topic, position: u64) -> Result<(), Failure> {
    sql::query(
        "INSERT INTO consumer_position (consumer, topic, position) VALUES (?, ?, ?)
         ON CONFLICT (consumer, topic) DO UPDATE SET position = CASE
             WHEN excluded.position > position THEN excluded.position ELSE position END",
    )
    .bind(consumer)
    .bind(topic.as_str())
    .bind(position as i64)
    .execute(connection)
    .await
    .stored()
    .map(drop)
}

/// The id of what a consumer built in this database, made when it is first asked for: over Kafka it names the group, so
/// that an empty database reads everything again.
pub async fn generation(database: &Database, consumer: &'static str, ambient: &Ambient) -> Result<String, Failure> {
    let drawn = ambient.uuid().to_string();
    let work = database.write(move |connection| {
        Box::pin(async move {
            sql::query("INSERT INTO consumer_generation (consumer, generation) VALUES (?, ?) ON CONFLICT DO NOTHING")
                .bind(consumer)
                .bind(drawn)
                .execute(&mut *connection)
                .await
                .stored()?;
            sql::query_scalar("SELECT generation FROM consumer_generation WHERE consumer = ?")
                .bind(consumer)
                .fetch_one(connection)
                .await
                .stored()
        })
    });
    work.await
}

/// Whether a service of its own ever worked on this database: it then has an id for a consumer, or has taken a turn at a task.
pub async fn has_served(database: &Database) -> Result<bool, Failure> {
    let text = "SELECT (SELECT COUNT(*) FROM consumer_generation) + (SELECT COUNT(*) FROM task_turn)";
    let traces: i64 = sql::query_scalar(text).fetch_one(database.readers()).await.stored()?;
    Ok(traces > 0)
}

/// Puts an event aside that a consumer cannot read, in the same transaction as the step past it.
pub async fn bury(connection: &mut Connection, consumer: &str, letter: &DeadLetter) -> Result<(), Failure> {
    let Record { position, event } = &letter.record;
    sql::query(
        "INSERT OR REPLACE INTO dead_letter (consumer, topic, position, kind, reason, at, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(consumer)
    .bind(event.topic.as_str())
    .bind(*position as i64)
    .bind(&event.kind)
    .bind(&letter.reason)
    .bind(event.at.as_micros())
    .bind(&event.data)
    .execute(connection)
    .await
    .stored()
    .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn database() -> (tempfile::TempDir, Database) {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(&directory.path().join("t.db"), &[&crate::MIGRATIONS]).await.unwrap();
        (directory, database)
    }

    async fn announce(database: &Database, topic: Topic, subject: &str, revision: u64) {
        let event =
            Event::new(&Ambient::system(), topic, ServiceName::User, "k", subject, revision, &subject.to_owned());
        database.write(|c| Box::pin(async move { append(c, &event).await })).await.unwrap();
    }

    async fn seen(database: &Database, topic: Topic) -> Vec<(String, u64)> {
        let records = OutboxSource::new(database.clone(), topic).after(0, 100).await.unwrap();
        records.into_iter().map(|record| (record.event.subject, record.event.revision)).collect()
    }

    #[tokio::test]
    async fn pruning_keeps_the_newest_of_each_subject_and_what_is_unread() {
        let (_directory, database) = database().await;
        for (subject, revision) in [("a", 1), ("b", 1), ("a", 2), ("a", 3)] {
            announce(&database, Topic::User, subject, revision).await;
        }
        assert_eq!(prune(&database, Topic::User, 1).await.unwrap(), 1);
        assert_eq!(prune(&database, Topic::User, 99).await.unwrap(), 1);
        assert_eq!(seen(&database, Topic::User).await, [("b".to_owned(), 1), ("a".to_owned(), 3)]);
    }

    #[tokio::test]
    async fn what_is_behind_a_position_is_counted_by_topic() {
        let (_directory, database) = database().await;
        for (topic, revision) in [(Topic::User, 1), (Topic::Node, 1), (Topic::User, 2)] {
            announce(&database, topic, "a", revision).await;
        }
        let behind = |position| super::behind(&database, Topic::User, position);
        assert_eq!((behind(0).await.unwrap(), behind(1).await.unwrap(), behind(3).await.unwrap()), (2, 1, 0));
    }

    #[tokio::test]
    async fn a_topic_that_is_not_compacted_is_emptied() {
        let (_directory, database) = database().await;
        announce(&database, Topic::Node, "a", 1).await;
        announce(&database, Topic::User, "a", 1).await;
        assert_eq!(prune(&database, Topic::Node, 99).await.unwrap(), 1);
        assert_eq!(seen(&database, Topic::Node).await, []);
        assert_eq!(seen(&database, Topic::User).await.len(), 1);
    }

    #[tokio::test]
    async fn a_position_only_grows() {
        let (_directory, database) = database().await;
        for position in [5, 3] {
            database.write(move |c| Box::pin(advance(c, "v", Topic::User, position))).await.unwrap();
        }
        assert_eq!(super::position(&database, "v", Topic::User).await.unwrap(), 5);
        assert_eq!(super::position(&database, "w", Topic::User).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_generation_stays_as_long_as_its_database() {
        let ambient = Ambient::system();
        let (_directory, database) = database().await;
        let first = generation(&database, "v", &ambient).await.unwrap();
        assert_eq!(generation(&database, "v", &ambient).await.unwrap(), first);
        assert_ne!(generation(&database, "w", &ambient).await.unwrap(), first);
        let (_directory, database) = super::tests::database().await;
        assert_ne!(generation(&database, "v", &ambient).await.unwrap(), first);
    }
}
