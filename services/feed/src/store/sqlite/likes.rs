//! Likes and their counts.

use async_trait::async_trait;
use kit::{Failure, MachineId, Timestamp, UserId};
use sql::{Connection, Stored as _, Target};

use super::{SqliteFeed, id, people};
use crate::domain::{Opinion, Stance, Standing};
use crate::ports::LikeStore;

#[async_trait]
impl LikeStore for SqliteFeed {
    async fn standing(&self, asker: Option<UserId>, machine: MachineId) -> Result<Standing, Failure> {
        read(self.database.readers(), asker, machine).await
    }

    async fn set(
        &self,
        user: UserId,
        machine: MachineId,
        stance: Option<Stance>,
        at: Timestamp,
    ) -> Result<Standing, Failure> {
        let work = self.database.write(move |c| {
            Box::pin(async move {
                people::require_present(c, user).await?;
                let before = read(&mut *c, Some(user), machine).await?.mine;
                if before != stance {
                    put(c, user, machine, stance, at).await?;
                    count(c, machine, Stance::moves(before, stance)).await?;
                }
                read(c, Some(user), machine).await
            })
        });
        work.await
    }

    async fn of_user(&self, user: UserId, limit: u32) -> Result<Vec<Opinion>, Failure> {
        opinions(self.database.readers(), user, limit).await
    }
}

/// Takes everything back that a user thinks, with its counts.
pub async fn clear(c: &mut Connection, user: UserId) -> Result<(), Failure> {
    for opinion in opinions(&mut *c, user, u32::MAX).await? {
        put(c, user, opinion.machine, None, opinion.at).await?;
        count(c, opinion.machine, Stance::moves(Some(opinion.stance), None)).await?;
    }
    Ok(())
}

async fn opinions(c: impl Into<Target<'_>>, user: UserId, limit: u32) -> Result<Vec<Opinion>, Failure> {
    let rows = sql::query("SELECT machine_id, stance, at FROM likes WHERE user_id = ? ORDER BY machine_id LIMIT ?")
        .bind(user.as_bytes())
        .bind(limit)
        .fetch_all(c)
        .await
        .stored()?;
    let opinion = |row| {
        Ok(Opinion {
            machine: id(row, "machine_id", MachineId::from_bytes)?,
            stance: stance_of(row.get("stance")),
            at: Timestamp::from_micros(row.get("at")),
        })
    };
    rows.iter().map(opinion).collect()
}

/// One statement, so that counts and stance are of one moment.
pub async fn read(c: impl Into<Target<'_>>, asker: Option<UserId>, machine: MachineId) -> Result<Standing, Failure> {
    let row = sql::query(
        "SELECT (SELECT likes FROM like_counts WHERE machine_id = ?1) AS likes,
                (SELECT dislikes FROM like_counts WHERE machine_id = ?1) AS dislikes,
                (SELECT stance FROM likes WHERE machine_id = ?1 AND user_id = ?2) AS stance",
    )
    .bind(machine.as_bytes())
    .bind(asker.as_ref().map(UserId::as_bytes))
    .fetch_one(c)
    .await
    .stored()?;
    let number = |column: &str| row.get::<Option<i64>>(column).unwrap_or(0) as u64;
    let mine = row.get::<Option<i64>>("stance").map(stance_of);
    Ok(Standing { likes: number("likes"), dislikes: number("dislikes"), mine })
}

const fn stance_of(number: i64) -> Stance {
    if number > 0 { Stance::Like } else { Stance::Dislike }
}

pub async fn put(
    c: &mut Connection,
    user: UserId,
    machine: MachineId,
    stance: Option<Stance>,
    at: Timestamp,
) -> Result<(), Failure> {
    let query = match stance {
        None => sql::query("DELETE FROM likes WHERE machine_id = ? AND user_id = ?")
            .bind(machine.as_bytes())
            .bind(user.as_bytes()),
        Some(stance) => sql::query(
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

pub async fn count(c: &mut Connection, machine: MachineId, (likes, dislikes): (i64, i64)) -> Result<(), Failure> {
    sql::query(
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
