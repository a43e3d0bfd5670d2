//! Reads one container's output into its log, until the container ends.

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
/// reader skips whole files when it rotates them meanwhile.
const AHEAD: usize = 1024;
/// How many lines are stored with one write at most.
const BATCH: usize = 512;
/// A live reading that is so far behind begins anew: what the engine rotated meanwhile it gives only then.
const BEHIND: Duration = Duration::from_secs(1);
/// After reading fewer new lines than these the rest comes live.
const FEW: usize = 1000;

type Lines = BoxStream<'static, Result<RawLine, Failure>>;

/// One container, on its way into one log.
pub struct Reader {
    pub source: Arc<dyn LogSource>,
    pub log: Arc<Log>,
    pub container: LoggedContainer,
    pub ambient: Ambient,
}

impl Reader {
    /// Reads until the container ends; of one that ended already, until its last line. What was stored before a failure
    /// stays stored; the next reading goes on from there.
    pub async fn read(&self) -> Result<(), Failure> {
        loop {
            self.catch_up().await?;
            if !self.container.running || !self.pass(true).await?.1 {
                return Ok(());
            }
            tracing::debug!(container = self.container.container_id, "reads a log anew, having fallen behind");
        }
    }

    /// Reads what is there, for as long as that is much: the engine loses nothing of it, unlike when it follows.
    async fn catch_up(&self) -> Result<(), Failure> {
        while self.pass(false).await?.0 >= FEW {}
        Ok(())
    }

    /// Reads once; how many lines were new, and whether the live reading fell behind.
    async fn pass(&self, follow: bool) -> Result<(usize, bool), Failure> {
        let (log, id, now) = (self.log.clone(), self.container.container_id.clone(), self.ambient.now());
        let since = blocking(move || log.begin(&id, now)).await?;
        let lines = self.source.read(&self.container.container_id, since, follow).await?;
        let (ahead, taken) = mpsc::channel(AHEAD);
        let (behind, stored) = tokio::join!(self.take(lines, ahead, follow), self.store(taken));
        Ok((stored?, behind))
    }

    /// Takes lines as fast as the engine gives them, or as they can be stored; whether it fell behind.
    async fn take(&self, mut lines: Lines, ahead: mpsc::Sender<Result<RawLine, Failure>>, follow: bool) -> bool {
        let mut caught_up = false;
        while let Some(line) = lines.next().await {
            let late = line.as_ref().map_or(Duration::ZERO, |line| self.ambient.now().since(line.time.time()));
            if follow && caught_up && late > BEHIND {
                return true;
            }
            caught_up |= late < BEHIND / 2;
            if ahead.send(line).await.is_err() {
                break;
            }
        }
        false
    }

    /// Stores what was taken, many at once where it comes fast; how many were new.
    async fn store(&self, mut taken: mpsc::Receiver<Result<RawLine, Failure>>) -> Result<usize, Failure> {
        let mut batch = Vec::with_capacity(BATCH);
        let mut stored = 0;
        while taken.recv_many(&mut batch, BATCH).await > 0 {
            let (lines, failure) = until_failure(batch.drain(..));
            let (log, now) = (self.log.clone(), self.ambient.now());
            let new = blocking(move || log.append(lines, now)).await?;
            metrics::counter!("berth_log_lines_total").increment(new as u64);
            stored += new;
            if let Some(failure) = failure {
                return Err(failure);
            }
        }
        Ok(stored)
    }
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
