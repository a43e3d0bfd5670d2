//! Deliveries that were given up.

use async_trait::async_trait;
use kit::{Act, Cursor, ErrorCode, Failure, Page, PageRequest, Timestamp};
use sql::{Connection, Stored as _};
use uuid::Uuid;

use super::{SqlStore, rows};
use crate::domain::{Channel, DeliveryId, Record, Subject};
use crate::ports::{DeadFilter, DeadLetters};

#[async_trait]
impl DeadLetters for SqlStore {
    async fn list(&self, filter: DeadFilter, page: &PageRequest) -> Result<Page<Record>, Failure> {
        let after = page.after.as_ref().map(read_cursor).transpose()?;
        let found = sql::query(
            "SELECT * FROM delivery WHERE state = 'dead' AND (?1 IS NULL OR channel = ?1) AND (?2 IS NULL OR kind = ?2)
             AND (?3 IS NULL OR user_id = ?3) AND (?4 IS NULL OR id < ?4) ORDER BY id DESC LIMIT ?5",
        )
        .bind(filter.channel.map(Channel::as_str))
        .bind(filter.subject.map(Subject::as_str))
        .bind(filter.user.map(|user| user.as_bytes().to_vec()))
        .bind(after.map(|id| id.as_bytes().to_vec()))
        .bind(page.limit + 1)
        .fetch_all(self.database.readers())
        .await
        .stored()?;
        let found = found.iter().map(rows::record).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(found, page.limit, |record| Cursor::of(&[&record.id.to_string()])))
    }

    async fn find(&self, id: DeliveryId) -> Result<Option<Record>, Failure> {
        let row = sql::query("SELECT * FROM delivery WHERE id = ? AND state = 'dead'")
            .bind(id.as_bytes())
            .fetch_optional(self.database.readers())
            .await
            .stored()?;
        row.as_ref().map(rows::record).transpose()
    }

    async fn resend(&self, id: DeliveryId, at: Timestamp, expires_at: Timestamp, act: Act) -> Result<bool, Failure> {
        let store = self.clone();
        self.database
            .write(move |connection| {
                Box::pin(async move {
                    let again = revive(connection, id, at, expires_at).await?;
                    if again {
                        store.audited(connection, &act).await?;
                    }
                    Ok(again)
                })
            })
            .await
    }
}

async fn revive(
    connection: &mut Connection,
    id: DeliveryId,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<bool, Failure> {
    let revived = sql::query(
        "UPDATE delivery SET state = 'pending', reason = NULL, status = NULL, finished_at = NULL, attempts = 0,
                due_at = ?, held_until = 0, expires_at = ? WHERE id = ? AND state = 'dead'",
    )
    .bind(at.as_micros())
    .bind(expires_at.as_micros())
    .bind(id.as_bytes());
    revived.execute(connection).await.stored().map(|done| done.rows_affected() > 0)
}

fn read_cursor(cursor: &Cursor) -> Result<Uuid, Failure> {
    let foreign = || Failure::new(ErrorCode::InvalidInput, "This cursor is not one that a list gave.").field("cursor");
    match cursor.parts()[..] {
        [id] => id.parse().map_err(|_| foreign()),
        _ => Err(foreign()),
    }
}
