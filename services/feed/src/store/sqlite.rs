//! Likes in the service's SQLite file.

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use kit::{Failure, MachineId, Timestamp, UserId};
use sqlite::{Database, Stored as _};
use sqlx::{Row as _, SqliteConnection};

use crate::domain::{Stance, Standing};
use crate::ports::LikeStore;

/// The tables beside the bus's own.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/feed/sqlite");

pub struct SqliteLikes(Database);

impl SqliteLikes {
    pub const fn new(database: Database) -> Self {
        Self(database)
    }
}

#[async_trait]
impl LikeStore for SqliteLikes {
    async fn standing(&self, asker: Option<UserId>, machine: MachineId) -> Result<Standing, Failure> {
        let mut reader = self.0.readers().acquire().await.stored()?;
        read(&mut reader, asker, machine).await
    }

    async fn set(
        &self,
        user: UserId,
        machine: MachineId,
        stance: Option<Stance>,
        at: Timestamp,
    ) -> Result<Standing, Failure> {
        let work = self.0.write(move |c| {
            Box::pin(async move {
                let before = read(c, Some(user), machine).await?.mine;
                if before != stance {
                    put(c, user, machine, stance, at).await?;
                    count(c, machine, Stance::moves(before, stance)).await?;
                }
                read(c, Some(user), machine).await
            })
        });
        work.await
    }
}

/// One statement, so that counts and stance are of one moment.
async fn read(c: &mut SqliteConnection, asker: Option<UserId>, machine: MachineId) -> Result<Standing, Failure> {
    let row = sqlx::query(
        "SELECT (SELECT likes FROM like_counts WHERE machine_id = ?1) AS likes,
                (SELECT dislikes FROM like_counts WHERE machine_id = ?1) AS dislikes,
                (SELECT stance FROM likes WHERE machine_id = ?1 AND user_id = ?2) AS stance",
    )
    .bind(machine.as_bytes())
    .bind(asker.as_ref().map(UserId::as_bytes))
    .fetch_one(c)
    .await
    .stored()?;
    let number = |column: &str| row.get::<Option<i64>, _>(column).unwrap_or(0) as u64;
    let mine =
        row.get::<Option<i64>, _>("stance").map(|stance| if stance > 0 { Stance::Like } else { Stance::Dislike });
    Ok(Standing { likes: number("likes"), dislikes: number("dislikes"), mine })
}

async fn put(
    c: &mut SqliteConnection,
    user: UserId,
    machine: MachineId,
    stance: Option<Stance>,
    at: Timestamp,
) -> Result<(), Failure> {
    let query = match stance {
        None => sqlx::query("DELETE FROM likes WHERE machine_id = ? AND user_id = ?")
            .bind(machine.as_bytes())
            .bind(user.as_bytes()),
        Some(stance) => sqlx::query(
            "INSERT INTO likes (machine_id, user_id, stance, at) VALUES (?, ?, ?, ?)
             ON CONFLICT (machine_id, user_id) DO UPDATE SET stance = excluded.stance, at = excluded.at",
        )
        .bind(machine.as_bytes())
        .bind(user.as_bytes())
        .bind(match stance {
            Stance::Like => 1_i64,
            Stance::Dislike => -1,
        })
        .bind(at.as_micros()),
    };
    query.execute(c).await.stored().map(drop)
}

async fn count(c: &mut SqliteConnection, machine: MachineId, (likes, dislikes): (i64, i64)) -> Result<(), Failure> {
    sqlx::query(
        "INSERT INTO like_counts (machine_id, likes, dislikes) VALUES (?, ?, ?)
         ON CONFLICT (machine_id) DO UPDATE SET likes = likes + excluded.likes, dislikes = dislikes + excluded.dislikes",
    )
    .bind(machine.as_bytes())
    .bind(likes)
    .bind(dislikes)
    .execute(c)
    .await
    .stored()
    .map(drop)
}
