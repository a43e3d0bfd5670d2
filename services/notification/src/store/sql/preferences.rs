//! What users decided about their messages.

use async_trait::async_trait;
use kit::{Act, Failure, UserId};
use sql::{Connection, Row, Stored as _};

use super::SqlStore;
use super::contacts::require_present;
use super::rows::broken;
use crate::domain::{Channel, Choice, Kind};
use crate::ports::Preferences;

#[async_trait]
impl Preferences for SqlStore {
    async fn of(&self, user: UserId) -> Result<Vec<Choice>, Failure> {
        let rows = sql::query("SELECT kind, channel, enabled FROM preference WHERE user_id = ? ORDER BY kind, channel")
            .bind(user.as_bytes())
            .fetch_all(self.database.readers())
            .await
            .stored()?;
        let read = |row: &Row| {
            Ok(Choice {
                kind: Kind::parse(row.get("kind")).ok_or_else(|| broken("kind"))?,
                channel: Channel::parse(row.get("channel")).ok_or_else(|| broken("channel"))?,
                enabled: row.get("enabled"),
            })
        };
        rows.iter().map(read).collect()
    }

    async fn choose(&self, user: UserId, choices: Vec<Choice>, act: Act) -> Result<(), Failure> {
        let store = self.clone();
        self.database
            .write(move |connection| {
                Box::pin(async move {
                    require_present(connection, user).await?;
                    for choice in &choices {
                        set(connection, user, choice).await?;
                    }
                    store.audited(connection, &act).await
                })
            })
            .await
    }
}

async fn set(connection: &mut Connection, user: UserId, choice: &Choice) -> Result<(), Failure> {
    sql::query("INSERT OR REPLACE INTO preference (user_id, kind, channel, enabled) VALUES (?, ?, ?, ?)")
        .bind(user.as_bytes())
        .bind(choice.kind.as_str())
        .bind(choice.channel.as_str())
        .bind(choice.enabled)
        .execute(connection)
        .await
        .stored()
        .map(drop)
}
