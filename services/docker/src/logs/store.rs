//! All logs of a site, a directory each.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kit::{AllocationId, Failure};

use super::log::{Log, Phase};

/// How much is kept of each log.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// A file that has reached this is followed by another.
    pub segment_bytes: u64,
    /// How many files are kept.
    pub segments: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { segment_bytes: 1 << 20, segments: 8 }
    }
}

/// The logs under one directory. Nothing is made or read before it is asked for.
pub struct LogStore {
    dir: PathBuf,
    bounds: Bounds,
    logs: Mutex<Logs>,
}

#[derive(Default)]
struct Logs {
    known: HashMap<AllocationId, Arc<Log>>,
    /// Those forgotten last: who asks for one a moment later is told so, instead of waiting for its first line.
    forgotten: VecDeque<AllocationId>,
}

/// How many of the forgotten are remembered as such.
const FORGOTTEN: usize = 1024;

impl LogStore {
    /// `dir` need not be there yet.
    pub fn open(dir: PathBuf) -> Arc<Self> {
        Self::bounded(dir, Bounds::default())
    }

    pub fn bounded(dir: PathBuf, bounds: Bounds) -> Arc<Self> {
        Arc::new(Self { dir, bounds, logs: Mutex::default() })
    }

    /// An allocation's log; one that was never written is empty.
    pub fn log(&self, allocation: AllocationId) -> Arc<Log> {
        let mut logs = self.lock();
        let new = || Log::new(self.dir.join(allocation.to_string()), self.bounds);
        if logs.forgotten.contains(&allocation) {
            return Arc::new(new().forgotten());
        }
        logs.known.entry(allocation).or_insert_with(|| Arc::new(new())).clone()
    }

    /// Those in use.
    pub fn known(&self) -> Vec<(AllocationId, Arc<Log>)> {
        self.lock().known.iter().map(|(allocation, log)| (*allocation, log.clone())).collect()
    }

    /// Removes all that is stored of an allocation; streams of it end. Again is no failure.
    pub async fn forget(&self, allocation: AllocationId) -> Result<(), Failure> {
        let log = self.log(allocation);
        blocking(move || log.forget()).await?;
        let mut logs = self.lock();
        logs.known.remove(&allocation);
        if !logs.forgotten.contains(&allocation) {
            logs.forgotten.push_back(allocation);
        }
        if logs.forgotten.len() > FORGOTTEN {
            logs.forgotten.pop_front();
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Logs> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the logs as ended whose containers are gone.
    pub fn end_all_but(&self, present: &HashSet<AllocationId>) {
        for (_, log) in self.known().into_iter().filter(|(allocation, _)| !present.contains(allocation)) {
            if *log.phase().borrow() == Phase::Running {
                log.set_phase(Phase::Ended);
            }
        }
    }
}

/// Does file work off the runtime's threads.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await.map_err(Failure::internal)?;
    done.map_err(|error| Failure::of(kit::ErrorCode::StoreUnavailable).operator(format!("log store: {error}")))
}
