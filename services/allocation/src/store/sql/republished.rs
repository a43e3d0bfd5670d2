//! All allocations announced once more, those that were removed and are still remembered as well.

use async_trait::async_trait;
use bus::republish::{AT_ONCE, Republish, Told};
use kit::{AllocationId, Failure};
use sql::{Connection, Stored as _};
use uuid::Uuid;

use super::{Settings, SqlStore, locks, record};

#[async_trait]
impl Republish for SqlStore {
    async fn announce_again(&self, after: Option<Uuid>) -> Result<Told, Failure> {
        let settings = self.settings.clone();
        self.write(move |c| Box::pin(async move { tell(c, &settings, after.unwrap_or_default()).await })).await
    }
}

async fn tell(connection: &mut Connection, settings: &Settings, after: Uuid) -> Result<Told, Failure> {
    let ids: Vec<Vec<u8>> = sql::query_scalar("SELECT id FROM allocation WHERE id > ? ORDER BY id LIMIT ?")
        .bind(after.as_bytes())
        .bind(AT_ONCE)
        .fetch_all(&mut *connection)
        .await
        .stored()?;
    let mut told = Told::default();
    for id in ids.iter().filter_map(|id| AllocationId::from_bytes(id)) {
        if let Some(allocation) = locks::allocation(&mut *connection, id).await? {
            record::announce_again(&mut *connection, settings, &allocation).await?;
        }
        told = Told { count: told.count + 1, last: Some(id.as_uuid()) };
    }
    Ok(told)
}
