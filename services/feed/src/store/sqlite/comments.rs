//! Comments with their count, their pace and their acts.

use async_trait::async_trait;
use bus::audit;
use kit::{Act, CommentId, Cursor, Failure, MachineId, Page, PageRequest, ServiceName, Timestamp, UserId};
use sql::{Connection, Row, Stored as _, Target};

use super::{SqliteFeed, id, people};
use crate::domain::{Author, Comment, Draft, Pace, Presence};
use crate::ports::CommentStore;

/// Every comment with its author as known now; a partition of comments, then a look-up for each author.
macro_rules! comments {
    ($which:literal) => {
        concat!(
            "SELECT c.*, p.name, p.deleted, EXISTS (SELECT 1 FROM has_run r
                 WHERE r.machine_id = c.machine_id AND r.user_id = c.user_id) AS has_run
             FROM comments c LEFT JOIN people p ON p.user_id = c.user_id WHERE ",
            $which
        )
    };
}

/// Above every id.
const ABOVE_ALL: [u8; 16] = [0xff; 16];

#[async_trait]
impl CommentStore for SqliteFeed {
    async fn list(&self, machine: MachineId, page: &PageRequest) -> Result<Page<Comment>, Failure> {
        let after = page.after.as_ref().map(read_cursor).transpose()?;
        let rows = sql::query(comments!("c.machine_id = ? AND c.id < ? ORDER BY c.id DESC LIMIT ?"))
            .bind(machine.as_bytes())
            .bind(after.as_ref().map_or(ABOVE_ALL.as_slice(), CommentId::as_bytes))
            .bind(page.limit + 1)
            .fetch_all(self.database.readers())
            .await
            .stored()?;
        let items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(items, page.limit, |comment| Cursor::of(&[&comment.id.to_string()])))
    }

    async fn find(&self, machine: MachineId, id: CommentId) -> Result<Option<Comment>, Failure> {
        find(self.database.readers(), machine, id).await
    }

    async fn create(&self, author: UserId, draft: &Draft, pace: Pace, act: &Act) -> Result<Comment, Failure> {
        let (ambient, draft, act) = (self.ambient.clone(), draft.clone(), act.clone());
        let work = self.database.write(move |c| {
            Box::pin(async move {
                people::require_present(c, author).await?;
                keep_pace(c, author, &draft, pace).await?;
                insert(c, author, &draft).await?;
                count(c, draft.machine, 1).await?;
                audit::append(c, &ambient, ServiceName::Feed, &act).await?;
                let missing = || Failure::internal("a comment is gone within its own transaction");
                find(c, draft.machine, draft.id).await?.ok_or_else(missing)
            })
        });
        work.await
    }

    async fn edit(&self, author: UserId, draft: &Draft, act: &Act) -> Result<Option<Comment>, Failure> {
        let (ambient, draft, act) = (self.ambient.clone(), draft.clone(), act.clone());
        let work = self.database.write(move |c| {
            Box::pin(async move {
                people::require_present(c, author).await?;
                if rewrite(c, author, &draft).await? {
                    audit::append(c, &ambient, ServiceName::Feed, &act).await?;
                }
                let found = find(c, draft.machine, draft.id).await?;
                Ok(found.filter(|comment| comment.author.user == author))
            })
        });
        work.await
    }

    async fn delete(&self, author: UserId, machine: MachineId, id: CommentId, act: &Act) -> Result<bool, Failure> {
        let (ambient, act) = (self.ambient.clone(), act.clone());
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let removed = remove(c, author, machine, id).await?;
                if removed {
                    count(c, machine, -1).await?;
                    audit::append(c, &ambient, ServiceName::Feed, &act).await?;
                }
                Ok(removed)
            })
        });
        work.await
    }

    async fn of_user(&self, author: UserId, limit: u32) -> Result<Vec<Comment>, Failure> {
        let rows = sql::query(comments!("c.user_id = ? ORDER BY c.id DESC LIMIT ?"))
            .bind(author.as_bytes())
            .bind(limit)
            .fetch_all(self.database.readers())
            .await
            .stored()?;
        rows.iter().map(read).collect()
    }
}

async fn find(c: impl Into<Target<'_>>, machine: MachineId, id: CommentId) -> Result<Option<Comment>, Failure> {
    let row = sql::query(comments!("c.machine_id = ? AND c.id = ?"))
        .bind(machine.as_bytes())
        .bind(id.as_bytes())
        .fetch_optional(c)
        .await
        .stored()?;
    row.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<Comment, Failure> {
    let presence = match row.get::<Option<bool>>("deleted") {
        None => Presence::Unknown,
        Some(true) => Presence::Deleted,
        Some(false) => Presence::Named(row.get("name")),
    };
    Ok(Comment {
        id: id(row, "id", CommentId::from_bytes)?,
        machine: id(row, "machine_id", MachineId::from_bytes)?,
        author: Author { user: id(row, "user_id", UserId::from_bytes)?, presence, has_run: row.get("has_run") },
        text: row.get("text"),
        created_at: Timestamp::from_micros(row.get("created_at")),
        edited_at: row.get::<Option<i64>>("edited_at").map(Timestamp::from_micros),
    })
}

fn read_cursor(cursor: &Cursor) -> Result<CommentId, Failure> {
    let refused = || Failure::invalid("cursor", "This cursor is not one that a list of comments gave.");
    match cursor.parts().as_slice() {
        [id] => id.parse().map_err(|_| refused()),
        _ => Err(refused()),
    }
}

/// Counts a comment against its author's pace; what is too old to count is forgotten.
async fn keep_pace(c: &mut Connection, author: UserId, draft: &Draft, pace: Pace) -> Result<(), Failure> {
    sql::query("DELETE FROM comment_pace WHERE user_id = ? AND at <= ?")
        .bind(author.as_bytes())
        .bind(draft.at.minus(pace.within).as_micros())
        .execute(&mut *c)
        .await
        .stored()?;
    let earlier: Vec<i64> = sql::query_scalar("SELECT at FROM comment_pace WHERE user_id = ?")
        .bind(author.as_bytes())
        .fetch_all(&mut *c)
        .await
        .stored()?;
    let earlier: Vec<Timestamp> = earlier.into_iter().map(Timestamp::from_micros).collect();
    pace.admit(&earlier, draft.at)?;
    sql::query("INSERT INTO comment_pace (user_id, at, comment_id) VALUES (?, ?, ?)")
        .bind(author.as_bytes())
        .bind(draft.at.as_micros())
        .bind(draft.id.as_bytes())
        .execute(c)
        .await
        .stored()
        .map(drop)
}

async fn insert(c: &mut Connection, author: UserId, draft: &Draft) -> Result<(), Failure> {
    sql::query("INSERT INTO comments (machine_id, id, user_id, text, created_at) VALUES (?, ?, ?, ?, ?)")
        .bind(draft.machine.as_bytes())
        .bind(draft.id.as_bytes())
        .bind(author.as_bytes())
        .bind(draft.text.as_str())
        .bind(draft.at.as_micros())
        .execute(c)
        .await
        .stored()
        .map(drop)
}

/// Whether there was such a comment with another text.
async fn rewrite(c: &mut Connection, author: UserId, draft: &Draft) -> Result<bool, Failure> {
    let done = sql::query(
        "UPDATE comments SET text = ?1, edited_at = ?2
         WHERE machine_id = ?3 AND id = ?4 AND user_id = ?5 AND text <> ?1",
    )
    .bind(draft.text.as_str())
    .bind(draft.at.as_micros())
    .bind(draft.machine.as_bytes())
    .bind(draft.id.as_bytes())
    .bind(author.as_bytes())
    .execute(c)
    .await
    .stored()?;
    Ok(done.rows_affected() > 0)
}

async fn remove(c: &mut Connection, author: UserId, machine: MachineId, id: CommentId) -> Result<bool, Failure> {
    let done = sql::query("DELETE FROM comments WHERE machine_id = ? AND id = ? AND user_id = ?")
        .bind(machine.as_bytes())
        .bind(id.as_bytes())
        .bind(author.as_bytes())
        .execute(c)
        .await
        .stored()?;
    Ok(done.rows_affected() > 0)
}

pub async fn count(c: &mut Connection, machine: MachineId, by: i64) -> Result<(), Failure> {
    sql::query(
        "INSERT INTO comment_counts (machine_id, comments) VALUES (?, ?)
         ON CONFLICT (machine_id) DO UPDATE SET comments = comments + excluded.comments",
    )
    .bind(machine.as_bytes())
    .bind(by)
    .execute(c)
    .await
    .stored()
    .map(drop)
}
