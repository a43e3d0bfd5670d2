//! Which topics hold records: who brings a platform to a broker must not join it to another's events.

use std::sync::Arc;
use std::time::Duration;

use kit::Failure;

use super::topics::{admin, present};
use super::{Settings, away, blocking};
use crate::event::Topic;

/// How long a broker may take to tell of one partition.
const ANSWER: Duration = Duration::from_secs(5);

/// Of `topics` and those of their dead letters, the ones with a record, by their names on the broker. Makes nothing.
pub async fn filled(settings: &Settings, topics: &[Topic]) -> Result<Vec<String>, Failure> {
    let admin = Arc::new(admin(settings)?);
    let present = present(&admin).await?;
    let names = topics.iter().flat_map(|topic| {
        let (own, letters) = (settings.names.of(*topic).to_owned(), settings.names.letters_of(*topic));
        [own, letters]
    });
    let asked: Vec<(String, i32)> =
        names.filter_map(|name| present.get(&name).map(|seen| (name.clone(), seen.partitions))).collect();
    blocking(move || {
        let mut filled = Vec::new();
        for (name, partitions) in asked {
            for partition in 0..partitions {
                let ends = admin.inner().fetch_watermarks(&name, partition, ANSWER);
                let (low, high) = ends.map_err(|error| away(&error))?;
                if low < high {
                    filled.push(name);
                    break;
                }
            }
        }
        Ok(filled)
    })
    .await
}
