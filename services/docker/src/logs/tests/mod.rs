//! The log store against an engine that a test plays.

mod feed;
mod files;
mod followers;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use kit::{AllocationId, Failure, Timestamp};
use tokio::sync::watch;

use super::{Log, LogStore, What};
use crate::ports::log_source::{LogSource, LogStream, LoggedContainer, RawLine};

/// A line on standard output; `time` in seconds, its text says which it is.
fn line(time: i64, text: &str) -> RawLine {
    RawLine { time: Timestamp::from_micros(time * 1_000_000).into(), stream: LogStream::Stdout, line: text.into() }
}

fn numbered(range: std::ops::RangeInclusive<i64>) -> Vec<RawLine> {
    range.map(|number| line(number, &number.to_string())).collect()
}

/// Stores lines in as many pieces as the engine might give them in.
fn append_by(log: &Log, batch: usize, lines: &[RawLine]) {
    for some in lines.chunks(batch) {
        log.append(some.to_vec(), NOW).unwrap();
    }
}

/// Later than any line here.
const NOW: Timestamp = Timestamp::from_micros(1_000_000_000_000);

/// All texts that are stored, `…` for a gap.
fn texts(log: &Log) -> Vec<String> {
    let mut texts = Vec::new();
    let mut cursor = None;
    loop {
        let page = log.page(cursor).unwrap();
        assert_eq!(page.missed, None);
        texts.extend(page.entries.iter().map(|entry| match &entry.what {
            What::Line(line) => String::from_utf8_lossy(&line.text).into_owned(),
            What::Gap => "…".to_owned(),
        }));
        cursor = page.entries.last().map(|entry| entry.seq).or(cursor);
        if page.head {
            return texts;
        }
    }
}

/// An engine that says what it is told to.
#[derive(Default)]
struct Scripted {
    containers: Mutex<HashMap<String, Container>>,
    readings: AtomicUsize,
    away: Mutex<bool>,
}

struct Container {
    allocation: AllocationId,
    run: i64,
    /// All that was written and whether it runs.
    output: watch::Sender<(Vec<RawLine>, bool)>,
}

impl Scripted {
    fn start(&self, allocation: AllocationId, id: &str) {
        let mut containers = self.containers.lock().unwrap();
        let new = || Container { allocation, run: 0, output: watch::Sender::new((Vec::new(), true)) };
        let container = containers.entry(id.to_owned()).or_insert_with(new);
        container.run += 1;
        container.output.send_modify(|output| output.1 = true);
    }

    fn write(&self, id: &str, lines: Vec<RawLine>) {
        self.containers.lock().unwrap()[id].output.send_modify(|output| output.0.extend(lines));
    }

    /// What the engine no longer has.
    fn rotate_away(&self, id: &str, lines: usize) {
        self.containers.lock().unwrap()[id].output.send_modify(|output| drop(output.0.drain(..lines)));
    }

    fn stop(&self, id: &str) {
        self.containers.lock().unwrap()[id].output.send_modify(|output| output.1 = false);
    }

    fn remove(&self, id: &str) {
        self.containers.lock().unwrap().remove(id);
    }

    fn set_away(&self, away: bool) {
        *self.away.lock().unwrap() = away;
    }

    fn readings(&self) -> usize {
        self.readings.load(Ordering::SeqCst)
    }

    fn reachable(&self) -> Result<(), Failure> {
        if *self.away.lock().unwrap() { Err(Failure::of(kit::ErrorCode::EngineUnavailable)) } else { Ok(()) }
    }
}

#[async_trait]
impl LogSource for Scripted {
    async fn containers(&self) -> Result<Vec<LoggedContainer>, Failure> {
        self.reachable()?;
        let containers = self.containers.lock().unwrap();
        let found = containers.iter().map(|(id, container)| LoggedContainer {
            allocation: container.allocation,
            container_id: id.clone(),
            started_at: Timestamp::from_micros(container.run),
            running: container.output.borrow().1,
        });
        Ok(found.collect())
    }

    async fn read(
        &self,
        container_id: &str,
        since: Timestamp,
        follow: bool,
    ) -> Result<BoxStream<'static, Result<RawLine, Failure>>, Failure> {
        self.reachable()?;
        self.readings.fetch_add(usize::from(follow), Ordering::SeqCst);
        // One that was removed since it was listed is an error of the engine's, here as there.
        let output = self.containers.lock().unwrap().get(container_id).map(|container| container.output.subscribe());
        let output = output.ok_or_else(|| Failure::of(kit::ErrorCode::EngineRefused))?;
        let stream = futures::stream::unfold((output, 0), move |(mut output, given)| async move {
            loop {
                let (next, running) = {
                    let output = output.borrow_and_update();
                    (output.0.get(given).cloned(), output.1)
                };
                match next {
                    Some(line) => return Some((line, (output, given + 1))),
                    None if follow && running => output.changed().await.ok()?,
                    None => return None,
                }
            }
        });
        let wanted = move |line: &RawLine| std::future::ready(line.time.time() >= since);
        Ok(stream.filter(wanted).map(Ok).boxed())
    }
}

/// A directory of its own, and the store in it.
struct World {
    dir: tempfile::TempDir,
    store: Arc<LogStore>,
    allocation: AllocationId,
}

impl World {
    fn new() -> Self {
        Self::bounded(super::Bounds::default())
    }

    fn bounded(bounds: super::Bounds) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = LogStore::bounded(dir.path().join("logs"), bounds);
        Self { dir, store, allocation: AllocationId::mint(&testkit::TestClock::default().ambient()) }
    }

    fn log(&self) -> Arc<Log> {
        self.store.log(self.allocation)
    }

    /// As after a restart.
    fn reopened(&self, bounds: super::Bounds) -> Arc<LogStore> {
        LogStore::bounded(self.dir.path().join("logs"), bounds)
    }
}
