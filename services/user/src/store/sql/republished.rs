//! All accounts announced once more.

use async_trait::async_trait;
use bus::republish::{AT_ONCE, Republish, Told, kind};
use bus::{Topic, outbox};
use kit::Failure;
use sql::{Connection, Stored as _};
use uuid::Uuid;

use super::{SqlStore, rows};
use crate::events::{Actor, Announcer};

#[async_trait]
impl Republish for SqlStore {
    async fn announce_again(&self, after: Option<Uuid>) -> Result<Told, Failure> {
        let announcer = self.announcer();
        self.database
            .write(move |c| Box::pin(async move { tell(c, &announcer, after.unwrap_or_default()).await }))
            .await
    }
}

async fn tell(connection: &mut Connection, announcer: &Announcer, after: Uuid) -> Result<Told, Failure> {
    let users = sql::query("SELECT * FROM users WHERE id > ? ORDER BY id LIMIT ? FOR UPDATE")
        .bind(after.as_bytes())
        .bind(AT_ONCE)
        .fetch_all(&mut *connection)
        .await
        .stored()?;
    let mut told = Told::default();
    for row in &users {
        let user = rows::user(row)?;
        let event = announcer.user(kind(Topic::User, false), &user, Actor::Platform, &[]);
        outbox::append(connection, &event).await?;
        told = Told { count: told.count + 1, last: Some(user.id.as_uuid()) };
    }
    Ok(told)
}
