//! How far the feed's consumers have come, and the generation of what they built.

use bus::Topic;
use kit::{Ambient, Failure};
use uuid::Uuid;

use super::failure::away;
use super::link::{Link, Outcome};

/// How often a condition is tried that only another replica of the same consumer can spoil.
const TRIES: usize = 5;

/// 0 before the first event.
pub async fn position(link: &Link, consumer: &str, topic: Topic) -> Result<u64, Failure> {
    Ok(stored(link, consumer, topic).await?.and_then(|position| u64::try_from(position).ok()).unwrap_or(0))
}

async fn stored(link: &Link, consumer: &str, topic: Topic) -> Result<Option<i64>, Failure> {
    let row: Option<(Option<i64>,)> = link.row(&link.statements.position_read, (consumer, topic.as_str())).await?;
    Ok(row.and_then(|(position,)| position))
}

/// Moves a consumer forward; where it is further already, it stays.
pub async fn advance(link: &Link, consumer: &str, topic: Topic, position: u64) -> Result<(), Failure> {
    let position = i64::try_from(position).map_err(Failure::internal)?;
    let (statements, topic_name) = (&link.statements, topic.as_str());
    for _ in 0..TRIES {
        let moved = match stored(link, consumer, topic).await? {
            Some(there) if there >= position => return Ok(()),
            Some(there) => link.change(&statements.position_move, (position, consumer, topic_name, there)).await?,
            None => link.change(&statements.position_begin, (consumer, topic_name, position)).await?,
        };
        if moved == Outcome::Applied {
            return Ok(());
        }
    }
    Err(away(format!("the position of {consumer} kept changing")))
}

/// An id that lives as long as the keyspace: a new one means that everything has to be heard again.
pub async fn generation(link: &Link, ambient: &Ambient, consumer: &str) -> Result<Uuid, Failure> {
    let read = async || {
        let row: Option<(String, Option<Uuid>)> = link.row(&link.statements.generation_read, (consumer,)).await?;
        Ok::<_, Failure>(row.and_then(|(_, generation)| generation))
    };
    if let Some(generation) = read().await? {
        return Ok(generation);
    }
    let made = ambient.uuid();
    // A moment later it is this one or another replica's.
    link.change(&link.statements.generation_make, (made, consumer)).await?;
    read().await?.ok_or_else(|| away("the generation that was made is not there"))
}
