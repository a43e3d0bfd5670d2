//! Keeps one reader on each running container, however many people watch, and reads the last words of those that
//! ended. Woken by the engine's events; looks for itself every few seconds, so that a lost event costs little.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use kit::{Ambient, Failure, Timestamp};
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};
use wire::task::{Report, Scheduled, Task};

use super::log::Phase;
use super::reader::Reader;
use super::store::LogStore;
use crate::ports::log_source::{LogSource, LoggedContainer};

/// A reading that ends sooner is taken up again only after this, whatever the engine does.
const SHORTEST: Duration = Duration::from_millis(250);

/// The readers of a site.
pub struct Followers {
    source: Arc<dyn LogSource>,
    store: Arc<LogStore>,
    ambient: Ambient,
    wake: Arc<Notify>,
    readers: Arc<Mutex<HashMap<String, Reading>>>,
}

/// What is done about one container. Dropping it ends its reader.
enum Reading {
    Underway {
        _reader: DropGuard,
    },
    /// All that it said in the run that began then is stored.
    Drained(Timestamp),
}

impl Followers {
    pub fn new(source: Arc<dyn LogSource>, store: Arc<LogStore>, ambient: Ambient) -> Self {
        Self { source, store, ambient, wake: Arc::new(Notify::new()), readers: Arc::default() }
    }

    /// The task with what wakes it; wake it when a container starts or ends. Readers live as long as the task.
    pub fn scheduled(self) -> Scheduled {
        let wake = self.wake.clone();
        Scheduled::woken_by(Arc::new(self), wake)
    }

    fn readers(&self) -> MutexGuard<'_, HashMap<String, Reading>> {
        lock(&self.readers)
    }

    /// Whether a reader was begun.
    fn attend(&self, container: LoggedContainer) -> bool {
        let mut readers = self.readers();
        match readers.get(&container.container_id) {
            Some(Reading::Underway { .. }) => return false,
            Some(Reading::Drained(run)) if !container.running && *run == container.started_at => return false,
            _ => {}
        }
        let stop = CancellationToken::new();
        let id = container.container_id.clone();
        self.spawn(container, stop.clone());
        readers.insert(id, Reading::Underway { _reader: stop.drop_guard() });
        true
    }

    fn spawn(&self, container: LoggedContainer, stop: CancellationToken) {
        let (source, ambient) = (self.source.clone(), self.ambient.clone());
        // Weak, so that the readers end with this.
        let (readers, wake) = (Arc::downgrade(&self.readers), self.wake.clone());
        let log = self.store.log(container.allocation);
        if container.running {
            log.set_phase(Phase::Running);
        }
        tokio::spawn(async move {
            let shortest = tokio::time::sleep(SHORTEST);
            let reader = Reader { source, log: log.clone(), container: container.clone(), ambient };
            let read = tokio::select! { biased; () = stop.cancelled() => return, read = reader.read() => read };
            let drained = read.is_ok() && !container.running;
            if drained {
                log.set_phase(Phase::Ended);
            } else {
                tokio::select! { () = stop.cancelled() => return, () = shortest => {} }
            }
            let Some(readers) = readers.upgrade() else { return };
            settle(&mut lock(&readers), &container, drained);
            match read {
                // Look at once whether it runs again or is to be drained; a failure waits for the timer.
                Ok(()) => wake.notify_one(),
                Err(failure) => warn(&container, &failure),
            }
        });
    }
}

#[async_trait]
impl Task for Followers {
    fn name(&self) -> &'static str {
        "log_followers"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(10)
    }

    async fn run_once(&self) -> Report {
        let containers = match self.source.containers().await {
            Ok(containers) => containers,
            Err(failure) => {
                tracing::warn!(%failure, "could not ask which containers have logs");
                return Report { failed: 1, ..Report::default() };
            }
        };
        let seen = containers.len() as u64;
        let ids: HashSet<&str> = containers.iter().map(|container| container.container_id.as_str()).collect();
        self.readers().retain(|id, _| ids.contains(id.as_str()));
        self.store.end_all_but(&containers.iter().map(|container| container.allocation).collect());
        let done = containers.into_iter().filter(|container| self.attend(container.clone())).count() as u64;
        Report { seen, done, failed: 0 }
    }
}

fn settle(readers: &mut HashMap<String, Reading>, container: &LoggedContainer, drained: bool) {
    if drained {
        readers.insert(container.container_id.clone(), Reading::Drained(container.started_at));
    } else {
        readers.remove(&container.container_id);
    }
}

fn warn(container: &LoggedContainer, failure: &Failure) {
    let allocation = container.allocation;
    tracing::warn!(allocation.id = %allocation, %failure, "stopped reading the log of {allocation} for a moment");
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
