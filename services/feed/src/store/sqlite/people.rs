//! What events told of people.

use async_trait::async_trait;
use bus::{Topic, outbox};
use kit::{ErrorCode, Failure, MachineId, UserId};
use sql::{Connection, Stored as _};

use super::{SqliteFeed, likes};
use crate::domain::{Effect, Life, Person};
use crate::ports::{Intake, PeopleStore};

#[async_trait]
impl PeopleStore for SqliteFeed {
    async fn position(&self, consumer: &'static str, topic: Topic) -> Result<u64, Failure> {
        outbox::position(&self.database, consumer, topic).await
    }

    async fn take(&self, consumer: &'static str, intake: Intake) -> Result<(), Failure> {
        let work = self.database.write(move |c| {
            Box::pin(async move {
                for effect in &intake.effects {
                    apply(c, effect).await?;
                }
                for letter in &intake.letters {
                    outbox::bury(c, consumer, letter).await?;
                }
                outbox::advance(c, consumer, intake.topic, intake.position).await
            })
        });
        work.await
    }
}

/// `SessionClosed` for a user who is deleted: a request that was let in a moment ago must not bring anything back.
pub async fn require_present(c: &mut Connection, user: UserId) -> Result<(), Failure> {
    let deleted: Option<bool> = sql::query_scalar("SELECT deleted FROM people WHERE user_id = ?")
        .bind(user.as_bytes())
        .fetch_optional(c)
        .await
        .stored()?;
    if deleted == Some(true) { Err(Failure::of(ErrorCode::SessionClosed)) } else { Ok(()) }
}

async fn apply(c: &mut Connection, effect: &Effect) -> Result<(), Failure> {
    match effect {
        Effect::Person(person) => {
            if know(c, person).await? && person.life == Life::Gone {
                forget(c, person.user).await?;
            }
            Ok(())
        }
        Effect::HasRun(user, machine) => note_run(c, *user, *machine).await,
    }
}

/// Whether the revision was a new one.
async fn know(c: &mut Connection, person: &Person) -> Result<bool, Failure> {
    let (name, deleted) = match &person.life {
        Life::Here(name) => (name.as_str(), false),
        Life::Leaving | Life::Gone => ("", true),
    };
    let done = sql::query(
        "INSERT INTO people (user_id, name, deleted, revision) VALUES (?, ?, ?, ?)
         ON CONFLICT (user_id) DO UPDATE SET name = excluded.name, deleted = excluded.deleted,
         revision = excluded.revision WHERE excluded.revision > people.revision",
    )
    .bind(person.user.as_bytes())
    .bind(name)
    .bind(deleted)
    .bind(person.revision as i64)
    .execute(c)
    .await
    .stored()?;
    Ok(done.rows_affected() > 0)
}

/// Everything that was kept about a user but the mark that they are deleted, and their comments.
async fn forget(c: &mut Connection, user: UserId) -> Result<(), Failure> {
    likes::clear(c, user).await?;
    for statement in ["DELETE FROM has_run WHERE user_id = ?", "DELETE FROM comment_pace WHERE user_id = ?"] {
        sql::query(statement).bind(user.as_bytes()).execute(&mut *c).await.stored()?;
    }
    Ok(())
}

/// The removal of allocations may be heard of after the deletion of their owner.
async fn note_run(c: &mut Connection, user: UserId, machine: MachineId) -> Result<(), Failure> {
    sql::query(
        "INSERT INTO has_run (machine_id, user_id)
         SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM people WHERE user_id = ?2 AND deleted = 1)
         ON CONFLICT (machine_id, user_id) DO NOTHING",
    )
    .bind(machine.as_bytes())
    .bind(user.as_bytes())
    .execute(c)
    .await
    .stored()
    .map(drop)
}
