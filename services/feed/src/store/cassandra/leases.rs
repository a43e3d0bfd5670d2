//! Who sends which shard of the outbox. Leases run out on Cassandra's clock, as columns with a time to live. They lie in one
//! partition, so that a relay takes or renews all that it wants in one conditional batch.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use bus::{Leases, RelayId, Roll, Shard};
use kit::Failure;
use uuid::Uuid;

use super::CassandraFeed;
use super::change::{Look, Plan, Reckon, Version, settle};
use super::link::{Bound, Link, Outcome, serially};

#[async_trait]
impl Leases for CassandraFeed {
    async fn attend(&self, relay: RelayId, length: Duration) -> Result<Roll, Failure> {
        let work = async {
            let link = &*self.link;
            link.write(&link.statements.relay_put, (relay.uuid(), seconds(length))).await?;
            let relays: Vec<(Uuid,)> = link.rows(&link.statements.relay_list, ()).await?;
            Ok(Roll { relays: relays.len(), holders: holders(link, Look::Majority).await? })
        };
        self.deadline().keep(work).await
    }

    async fn take(&self, relay: RelayId, shards: &[Shard], length: Duration) -> Result<Vec<Shard>, Failure> {
        self.settle_leases(relay, shards, Wish::Have(length)).await
    }

    async fn give_back(&self, relay: RelayId, shards: &[Shard]) -> Result<(), Failure> {
        self.settle_leases(relay, shards, Wish::GiveBack).await.map(drop)
    }

    async fn leave(&self, relay: RelayId) -> Result<(), Failure> {
        self.give_back(relay, &Shard::all().collect::<Vec<_>>()).await?;
        let link = &*self.link;
        link.write(&link.statements.relay_remove, (relay.uuid(),)).await
    }
}

impl CassandraFeed {
    async fn settle_leases(&self, relay: RelayId, shards: &[Shard], wish: Wish) -> Result<Vec<Shard>, Failure> {
        let link = &*self.link;
        let change = Change { link, relay, shards, wish };
        let answers = settle(&change, &self.ambient, self.deadline()).await?;
        answers.into_iter().collect()
    }
}

#[derive(Clone, Copy)]
enum Wish {
    Have(Duration),
    GiveBack,
}

/// A change of leases asks that each is still as it was read, and needs no version: who has it may have it again.
struct Change<'w> {
    link: &'w Link,
    relay: RelayId,
    shards: &'w [Shard],
    wish: Wish,
}

#[async_trait]
impl Reckon for Change<'_> {
    type Answer = Shard;
    type Batch = Vec<Bound>;

    async fn plan(&self, look: Look, _: Option<Version>) -> Result<Plan<Shard, Vec<Bound>>, Failure> {
        let held = holders(self.link, look).await?;
        let concerned = |shard: &Shard| match (held.get(shard), self.wish) {
            (None, Wish::Have(_)) => true,
            (None, Wish::GiveBack) => false,
            (Some(holder), _) => *holder == self.relay,
        };
        let shards: Vec<Shard> = self.shards.iter().copied().filter(concerned).collect();
        let batch: Vec<Bound> = shards.iter().map(|shard| self.bound(*shard, held.get(shard).copied())).collect();
        let batch = if batch.is_empty() { None } else { Some(batch) };
        Ok(Plan { version: None, answers: shards.into_iter().map(Ok).collect(), batch })
    }

    async fn write(&self, batch: Vec<Bound>) -> Result<Outcome, Failure> {
        self.link.change_all(batch).await
    }
}

impl Change<'_> {
    fn bound(&self, shard: Shard, holder: Option<RelayId>) -> Bound {
        let (statements, shard, relay) = (&self.link.statements, shard.number().cast_signed(), self.relay.uuid());
        match self.wish {
            Wish::Have(length) => {
                let row = (seconds(length), relay, shard, holder.map(RelayId::uuid));
                (statements.lease_take.clone(), Box::new(row))
            }
            Wish::GiveBack => (statements.lease_free.clone(), Box::new((shard, relay))),
        }
    }
}

async fn holders(link: &Link, look: Look) -> Result<BTreeMap<Shard, RelayId>, Failure> {
    let statement = match look {
        Look::Majority => link.statements.lease_list.clone(),
        Look::Serial => serially(&link.statements.lease_list),
    };
    let rows: Vec<(i8, Option<Uuid>)> = link.rows(&statement, ()).await?;
    let held = rows.into_iter().filter_map(|(shard, holder)| {
        let shard = u8::try_from(shard).ok().and_then(Shard::new)?;
        Some((shard, RelayId::from(holder?)))
    });
    Ok(held.collect())
}

fn seconds(length: Duration) -> i32 {
    i32::try_from(length.as_secs().max(1)).unwrap_or(i32::MAX)
}
