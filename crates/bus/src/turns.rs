//! Turns at tasks that every replica of a service has and that one at a time runs: held on the database's clock, so that
//! replicas need not agree on the time, and free again a little after their holder died.

use std::time::Duration;

use async_trait::async_trait;
use kit::{Ambient, Failure};
use sql::{Connection, Database, Dialect, Stored as _};

/// How long a turn is held without a word from its holder.
pub const HELD: Duration = Duration::from_secs(10);

/// Whose turn it is. What a task does must stand being done twice all the same: a holder that was suspended does not notice
/// at once that it lost its turn.
#[async_trait]
pub trait Turns: Send + Sync {
    /// Takes a task's turn for ten seconds. Nobody gets it while another holds it, and nobody before `every` has passed
    /// since the last one ended, unless it was `asked` for.
    async fn take(&self, task: &'static str, every: Duration, asked: bool) -> Result<bool, Failure>;

    /// Holds it for ten seconds from now; `false` where it is another's by now.
    async fn keep(&self, task: &'static str) -> Result<bool, Failure>;

    /// Ends it. One that is another's by now stays that.
    async fn end(&self, task: &'static str) -> Result<(), Failure>;
}

/// Turns that are rows of a service's relational database.
#[derive(Clone)]
pub struct SqlTurns {
    database: Database,
    owner: String,
}

impl SqlTurns {
    /// For this process: another run of the same program is another holder.
    pub fn new(database: Database, ambient: &Ambient) -> Self {
        Self { database, owner: ambient.uuid().to_string() }
    }

    /// Frees what is held by others, where nobody else can have the database open: they are former runs of this program. On a
    /// server others live, and what a dead one held runs out by itself.
    pub async fn forget_others(&self) -> Result<(), Failure> {
        if self.database.dialect() == Dialect::MySql {
            return Ok(());
        }
        let owner = self.owner.clone();
        let forget = self.database.write(move |c| {
            Box::pin(async move {
                let text = "UPDATE task_turn SET held_until = 0 WHERE owner <> ? AND held_until > 0";
                sql::query(text).bind(owner).execute(c).await.stored().map(drop)
            })
        });
        forget.await
    }

    /// Whether taking it would succeed: asked first, because most of the time it would not, and taking is a transaction.
    async fn is_free(&self, task: &str, every: i64, asked: bool) -> Result<bool, Failure> {
        let held: i64 = sql::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM task_turn WHERE task = ?1
                 AND (held_until >= NOW_MICROS() OR (?2 = 0 AND ended_at + ?3 > NOW_MICROS())))",
        )
        .bind(task)
        .bind(asked)
        .bind(every)
        .fetch_one(self.database.readers())
        .await
        .stored()?;
        Ok(held == 0)
    }
}

#[async_trait]
impl Turns for SqlTurns {
    async fn take(&self, task: &'static str, every: Duration, asked: bool) -> Result<bool, Failure> {
        let every = micros(every);
        if !self.is_free(task, every, asked).await? {
            return Ok(false);
        }
        let owner = self.owner.clone();
        self.database
            .write_under_locks(move |c| Box::pin(async move { take(c, task, &owner, every, asked).await }))
            .await
    }

    async fn keep(&self, task: &'static str) -> Result<bool, Failure> {
        let owner = self.owner.clone();
        let keep = self.database.write_under_locks(move |c| {
            Box::pin(async move {
                let text = "UPDATE task_turn SET held_until = NOW_MICROS() + ? WHERE task = ? AND owner = ? AND held_until > 0";
                let done = sql::query(text).bind(micros(HELD)).bind(task).bind(owner).execute(c).await.stored()?;
                Ok(done.rows_affected() == 1)
            })
        });
        keep.await
    }

    async fn end(&self, task: &'static str) -> Result<(), Failure> {
        let owner = self.owner.clone();
        let end = self.database.write_under_locks(move |c| {
            Box::pin(async move {
                let text = "UPDATE task_turn SET held_until = 0, ended_at = NOW_MICROS() WHERE task = ? AND owner = ?";
                sql::query(text).bind(task).bind(owner).execute(c).await.stored().map(drop)
            })
        });
        end.await
    }
}

async fn take(
    connection: &mut Connection,
    task: &'static str,
    owner: &str,
    every: i64,
    asked: bool,
) -> Result<bool, Failure> {
    let taken = sql::query(
        "UPDATE task_turn SET owner = ?1, held_until = NOW_MICROS() + ?2
         WHERE task = ?3 AND held_until < NOW_MICROS() AND (?4 = 1 OR ended_at + ?5 <= NOW_MICROS())",
    )
    .bind(owner)
    .bind(micros(HELD))
    .bind(task)
    .bind(asked)
    .bind(every)
    .execute(&mut *connection)
    .await
    .stored()?;
    if taken.rows_affected() == 1 {
        return Ok(true);
    }
    let first = sql::query(
        "INSERT INTO task_turn (task, owner, held_until, ended_at) VALUES (?1, ?2, NOW_MICROS() + ?3, 0)
         ON CONFLICT DO NOTHING",
    )
    .bind(task)
    .bind(owner)
    .bind(micros(HELD))
    .execute(connection)
    .await
    .stored()?;
    Ok(first.rows_affected() == 1)
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use testkit::databases::{Shelf, fresh_sqlite};

    use super::*;

    const EVERY: Duration = Duration::from_secs(30);
    static SETS: [&sql::Migrations; 1] = [&crate::MIGRATIONS];

    /// Two replicas over one database.
    struct World {
        database: Database,
        one: SqlTurns,
        other: SqlTurns,
        _keep: Box<dyn std::any::Any + Send + Sync>,
    }

    impl World {
        fn new(database: Database, other: Database, keep: impl std::any::Any + Send + Sync) -> Self {
            let ambient = Ambient::system();
            let (one, other) = (SqlTurns::new(database.clone(), &ambient), SqlTurns::new(other, &ambient));
            Self { database, one, other, _keep: Box::new(keep) }
        }

        /// Lets what was written by the database's clock be older by so much.
        async fn pass(&self, span: Duration) {
            let pass = self.database.write(move |c| {
                Box::pin(async move {
                    let older = "UPDATE task_turn SET held_until = held_until - ?1, ended_at = ended_at - ?1";
                    sql::query(older).bind(micros(span)).execute(c).await.stored().map(drop)
                })
            });
            pass.await.unwrap();
        }
    }

    testkit::contract! {
        fn turns(world: World) {
            async fn of_many_who_want_it_one_gets_it() {
                let wanted = (0..20).map(|n| [&world.one, &world.other][n % 2].take("t", EVERY, true));
                assert_eq!(join_all(wanted).await.into_iter().filter(|got| *got.as_ref().unwrap()).count(), 1);
                assert!(world.other.take("another", EVERY, false).await.unwrap());
            }

            async fn it_comes_round_when_its_time_has_come_or_when_it_is_asked_for() {
                assert!(world.one.take("t", EVERY, false).await.unwrap());
                world.one.end("t").await.unwrap();
                world.pass(Duration::from_secs(20)).await;
                assert!(!world.other.take("t", EVERY, false).await.unwrap());
                assert!(world.other.take("t", EVERY, true).await.unwrap());
                world.other.end("t").await.unwrap();
                world.pass(Duration::from_secs(31)).await;
                assert!(world.one.take("t", EVERY, false).await.unwrap());
            }

            async fn it_is_held_as_long_as_it_is_kept_and_ten_seconds_more() {
                assert!(world.one.take("t", EVERY, false).await.unwrap());
                for _ in 0..3 {
                    // The clock itself goes on, too.
                    world.pass(Duration::from_secs(6)).await;
                    assert!(!world.other.take("t", EVERY, true).await.unwrap());
                    assert!(world.one.keep("t").await.unwrap());
                }
                world.pass(Duration::from_secs(11)).await;
                assert!(world.other.take("t", EVERY, false).await.unwrap(), "what was not ended is due");
            }

            async fn who_lost_it_learns_so_and_takes_nothing_away() {
                assert!(world.one.take("t", EVERY, false).await.unwrap());
                world.pass(Duration::from_secs(11)).await;
                assert!(world.other.take("t", EVERY, false).await.unwrap());
                assert!(!world.one.keep("t").await.unwrap());
                world.one.end("t").await.unwrap();
                assert!(!world.one.take("t", EVERY, true).await.unwrap());
                assert!(world.other.keep("t").await.unwrap());
            }

            async fn others_are_forgotten_only_where_they_are_known_to_be_gone() {
                assert!(world.one.take("t", EVERY, false).await.unwrap());
                world.other.forget_others().await.unwrap();
                let alone = world.database.dialect() == Dialect::Sqlite;
                assert_eq!(world.other.take("t", EVERY, false).await.unwrap(), alone);
            }

            async fn what_was_ended_cannot_be_kept() {
                assert!(world.one.take("t", EVERY, false).await.unwrap());
                world.one.end("t").await.unwrap();
                assert!(!world.one.keep("t").await.unwrap());
                assert!(world.other.take("t", EVERY, true).await.unwrap());
            }
        }
    }

    #[tokio::test]
    async fn turns_in_a_file() {
        let world = || async {
            let (database, directory) = fresh_sqlite(&SETS).await;
            World::new(database.clone(), database, directory)
        };
        testkit::contract::passes(turns(), world).await;
    }

    #[tokio::test]
    async fn turns_on_a_server() {
        let shelf = Shelf::new(3, &SETS);
        let world = || async {
            let (database, lent) = shelf.lend().await;
            let other = Database::connect(&lent.url()).unwrap();
            World::new(database, other, lent)
        };
        testkit::contract::passes(turns(), world).await;
    }
}
