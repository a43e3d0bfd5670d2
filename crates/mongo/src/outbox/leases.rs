//! Which relay sends which part of the outbox, on the server's clock.

use std::time::Duration;

use async_trait::async_trait;
use bus::{Leases, RelayId, Roll, Shard};
use kit::Failure;
use mongodb::bson::{Bson, Document, doc};

use super::{LEASES, MongoOutbox, RELAYS, numbers};
use crate::lease::{claim, from_now, holds};
use crate::{Fields as _, Stored as _, Update, uuid};

#[async_trait]
impl Leases for MongoOutbox {
    async fn attend(&self, relay: RelayId, length: Duration) -> Result<Roll, Failure> {
        let until = vec![doc! { "$set": { "until": from_now(length) } }];
        self.0.update_each(RELAYS, vec![Update { id: uuid(relay.as_bytes()), pipeline: until }]).await?;
        let relays = self.0.list(RELAYS, holds(), doc! { "_id": 1 }, 0).await?.len();
        let leases = self.0.list(LEASES, holds(), doc! { "_id": 1 }, 0).await?;
        let holders = leases.iter().map(|lease| Ok((shard(lease)?, holder(lease)?))).collect::<Result<_, Failure>>()?;
        Ok(Roll { relays, holders })
    }

    async fn take(&self, relay: RelayId, shards: &[Shard], length: Duration) -> Result<Vec<Shard>, Failure> {
        let me = uuid(relay.as_bytes());
        let claim = claim(&me, length);
        let take = |shard| Update { id: shard, pipeline: claim.clone() };
        self.0.update_each(LEASES, numbers(shards).into_iter().map(take).collect()).await?;
        let mut filter = holds();
        filter.extend(doc! { "_id": { "$in": numbers(shards) }, "holder": me });
        self.0.list(LEASES, filter, doc! { "_id": 1 }, 0).await?.iter().map(shard).collect()
    }

    async fn give_back(&self, relay: RelayId, shards: &[Shard]) -> Result<(), Failure> {
        self.remove(LEASES, doc! { "holder": uuid(relay.as_bytes()), "_id": { "$in": numbers(shards) } }).await
    }

    async fn leave(&self, relay: RelayId) -> Result<(), Failure> {
        let me = uuid(relay.as_bytes());
        self.remove(LEASES, doc! { "holder": &me }).await?;
        self.remove(RELAYS, doc! { "_id": me }).await
    }
}

impl MongoOutbox {
    async fn remove(&self, from: &str, filter: Document) -> Result<(), Failure> {
        self.0.ask(self.0.collection(from).delete_many(filter)).await.written().map(drop)
    }
}

fn shard(lease: &Document) -> Result<Shard, Failure> {
    let number = lease.get("_id").and_then(Bson::as_i32).and_then(|number| u8::try_from(number).ok());
    number.and_then(Shard::new).ok_or_else(|| Failure::internal("a lease is of no shard"))
}

fn holder(lease: &Document) -> Result<RelayId, Failure> {
    lease.id("holder", RelayId::from_bytes)
}
