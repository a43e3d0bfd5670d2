//! One reading of one container's output into its log.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::BoxStream;
use kit::{Ambient, Failure};
use tokio::sync::mpsc;

use super::log::Log;
use super::store::blocking;
use crate::ports::log_source::{LogSource, LoggedContainer, RawLine};

/// How many lines are taken from the engine while earlier ones are being stored: an engine that has to wait for its
/// reader skips whole files when it rotates them.
const AHEAD: usize = 1024;
/// How many lines are stored with one write at most.
const BATCH: usize = 512;
/// A live reading that is so far behind begins anew: only then does the engine give what it rotated meanwhile.
const BEHIND: Duration = Duration::from_secs(1);

type Lines = BoxStream<'static, Result<RawLine, Failure>>;

/// Reads until the container ends, or with `follow` false until its last line, or until it is too far behind. What was
/// stored before a failure stays stored; the next reading goes on from there.
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
    let (ahead, stored) = mpsc::channel(AHEAD);
    tokio::join!(take(lines, ahead, follow, ambient), store(stored, log, ambient)).1
}

/// Takes lines as fast as the engine gives them, or as they can be stored.
async fn take(mut lines: Lines, ahead: mpsc::Sender<Result<RawLine, Failure>>, follow: bool, ambient: &Ambient) {
    let mut caught_up = false;
    while let Some(line) = lines.next().await {
        let behind = line.as_ref().map_or(Duration::ZERO, |line| ambient.now().since(line.time));
        if follow && caught_up && behind > BEHIND {
            tracing::debug!(?behind, "reads a log anew");
            return;
        }
        caught_up |= behind < BEHIND / 2;
        if ahead.send(line).await.is_err() {
            return;
        }
    }
}

async fn store(
    mut taken: mpsc::Receiver<Result<RawLine, Failure>>,
    log: &Arc<Log>,
    ambient: &Ambient,
) -> Result<(), Failure> {
    let mut batch = Vec::with_capacity(BATCH);
    while taken.recv_many(&mut batch, BATCH).await > 0 {
        let (lines, failure) = until_failure(batch.drain(..));
        let (to, now) = (log.clone(), ambient.now());
        let stored = blocking(move || to.append(lines, now)).await?;
        metrics::counter!("berth_log_lines_total").increment(stored as u64);
        if let Some(failure) = failure {
            return Err(failure);
        }
    }
    Ok(())
}

fn until_failure(batch: impl Iterator<Item = Result<RawLine, Failure>>) -> (Vec<RawLine>, Option<Failure>) {
    let mut lines = Vec::with_capacity(BATCH);
    for item in batch {
        match item {
            Ok(line) => lines.push(line),
            Err(failure) => return (lines, Some(failure)),
        }
    }
    (lines, None)
}
