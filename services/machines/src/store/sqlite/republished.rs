//! All machines announced once more, deleted ones as well.

use async_trait::async_trait;
use bus::republish::{AT_ONCE, Republish, Told};
use kit::Failure;
use sql::Stored as _;
use uuid::Uuid;

use super::{SqliteMachines, row};
use crate::events::again;

#[async_trait]
impl Republish for SqliteMachines {
    async fn announce_again(&self, after: Option<Uuid>) -> Result<Told, Failure> {
        let (ambient, after) = (self.ambient.clone(), after.unwrap_or_default());
        let tell = self.database.write(move |c| {
            Box::pin(async move {
                let text = "SELECT * FROM machines WHERE id > ? ORDER BY id LIMIT ?";
                let rows = sql::query(text).bind(after.as_bytes()).bind(AT_ONCE).fetch_all(&mut *c).await.stored()?;
                let mut told = Told::default();
                for row in &rows {
                    let machine = row::read(row)?;
                    bus::outbox::append(c, &again(&ambient, &machine)).await?;
                    told = Told { count: told.count + 1, last: Some(machine.id.as_uuid()) };
                }
                Ok(told)
            })
        });
        tell.await
    }
}
