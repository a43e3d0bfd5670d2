//! What became of a user's deliveries.

use async_trait::async_trait;
use kit::{Failure, UserId, WebhookId};
use sql::Stored as _;

use super::{SqlStore, rows};
use crate::domain::Record;
use crate::ports::History;

#[async_trait]
impl History for SqlStore {
    async fn of_user(&self, user: UserId, limit: u32) -> Result<Vec<Record>, Failure> {
        let found =
            sql::query("SELECT * FROM delivery WHERE user_id = ? AND state <> 'skipped' ORDER BY id DESC LIMIT ?")
                .bind(user.as_bytes())
                .bind(limit)
                .fetch_all(self.database.readers())
                .await
                .stored()?;
        found.iter().map(rows::record).collect()
    }

    async fn of_webhook(&self, user: UserId, webhook: WebhookId, limit: u32) -> Result<Vec<Record>, Failure> {
        let found = sql::query("SELECT * FROM delivery WHERE webhook_id = ? AND user_id = ? ORDER BY id DESC LIMIT ?")
            .bind(webhook.as_bytes())
            .bind(user.as_bytes())
            .bind(limit)
            .fetch_all(self.database.readers())
            .await
            .stored()?;
        found.iter().map(rows::record).collect()
    }
}
