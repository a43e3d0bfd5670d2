//! One reading of one container's output into its log.

use std::sync::Arc;

use futures::StreamExt as _;
use kit::{Ambient, Failure};

use super::log::Log;
use super::store::blocking;
use crate::ports::log_source::{LogSource, LoggedContainer, RawLine};

/// How many lines are stored with one write where the engine gives them faster than one by one.
const BATCH: usize = 512;

/// Reads until the container ends, or with `follow` false until its last line. What was stored before a failure stays
/// stored; the next reading goes on from there.
pub async fn read(
    source: &dyn LogSource,
    log: &Arc<Log>,
    container: &LoggedContainer,
    follow: bool,
    ambient: &Ambient,
) -> Result<(), Failure> {
    let (to, id, now) = (log.clone(), container.container_id.clone(), ambient.now());
    let since = blocking(move || to.begin(&id, now)).await?;
    let lines = source.read(&container.container_id, since, follow).await?;
    let mut batches = lines.ready_chunks(BATCH);
    while let Some(batch) = batches.next().await {
        let (lines, failure) = until_failure(batch);
        let (to, now) = (log.clone(), ambient.now());
        let stored = blocking(move || to.append(lines, now)).await?;
        metrics::counter!("berth_log_lines_total").increment(stored as u64);
        if let Some(failure) = failure {
            return Err(failure);
        }
    }
    Ok(())
}

fn until_failure(batch: Vec<Result<RawLine, Failure>>) -> (Vec<RawLine>, Option<Failure>) {
    let mut lines = Vec::with_capacity(batch.len());
    for item in batch {
        match item {
            Ok(line) => lines.push(line),
            Err(failure) => return (lines, Some(failure)),
        }
    }
    (lines, None)
}
