//! Counts of many machines: two small reads each, side by side, each at the nodes that hold it.

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kit::{Failure, MachineId};
use uuid::Uuid;

use super::link::Link;
use super::{CassandraFeed, PARALLEL};
use crate::domain::Counts;
use crate::ports::CountStore;

#[async_trait]
impl CountStore for CassandraFeed {
    async fn counts(&self, machines: &[MachineId]) -> Result<Vec<Counts>, Failure> {
        let work = async {
            let link = &*self.link;
            let read = |machine: &MachineId| read(link, *machine);
            stream::iter(machines).map(read).buffered(PARALLEL).try_collect().await
        };
        self.deadline().keep(work).await
    }
}

async fn read(link: &Link, machine: MachineId) -> Result<Counts, Failure> {
    let key = (machine.as_uuid(),);
    let (judged, said) = tokio::try_join!(
        link.row::<(Uuid, Option<i64>, Option<i64>)>(&link.statements.likes_count, key),
        link.row::<(Uuid, Option<i64>, Option<i64>)>(&link.statements.comments_state, key),
    )?;
    let number = |count: Option<i64>| count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
    let (likes, dislikes) = judged.map_or((0, 0), |(_, likes, dislikes)| (number(likes), number(dislikes)));
    Ok(Counts { machine, likes, dislikes, comments: said.map_or(0, |(_, comments, _)| number(comments)) })
}
