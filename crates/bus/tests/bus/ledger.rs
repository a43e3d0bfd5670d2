//! A consumer as services have them: it takes what is above the revision that it has, and can be made to fail or to hang.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bus::{Consumer, DeadLetter, Event, Record, Topic};
use kit::Failure;
use testkit::until;
use tokio::sync::watch;

/// What a consumer that cannot read it puts aside.
pub const UNREADABLE: &str = "user.unreadable";

pub struct Ledger {
    state: Mutex<State>,
    /// Whether an `apply` that took everything in goes on to return.
    open: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    effects: BTreeMap<String, Vec<u64>>,
    events: Vec<Event>,
    seen: usize,
    failures: u32,
    refused: u32,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { state: Mutex::default(), open: watch::Sender::new(true) }
    }
}

impl Ledger {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The next so many batches fail.
    pub fn fail(&self, times: u32) {
        self.with(|state| state.failures = times);
    }

    /// How many batches failed.
    pub fn refused(&self) -> u32 {
        self.with(|state| state.refused)
    }

    /// From now on the effect is taken in, and the one that asked for it never hears of that.
    pub fn hang(&self) {
        self.open.send_replace(false);
    }

    pub fn go_on(&self) {
        self.open.send_replace(true);
    }

    /// Each subject's revisions in the order that they took effect.
    pub fn effects(&self) -> BTreeMap<String, Vec<u64>> {
        self.with(|state| state.effects.clone())
    }

    pub fn count(&self) -> usize {
        self.with(|state| state.effects.values().map(Vec::len).sum())
    }

    /// How many events came, repeats included.
    pub fn seen(&self) -> usize {
        self.with(|state| state.seen)
    }

    pub fn events(&self) -> Vec<Event> {
        self.with(|state| state.events.clone())
    }

    /// Waits until so many took effect.
    pub async fn took(&self, count: usize) {
        until(|| async { self.count() }, |taken| *taken >= count).await;
        assert_eq!(self.count(), count);
    }
}

#[async_trait]
impl Consumer for Ledger {
    fn name(&self) -> &'static str {
        "ledger"
    }

    async fn position(&self, _: Topic) -> Result<u64, Failure> {
        Ok(0)
    }

    async fn apply(&self, _: Topic, records: Vec<Record>) -> Result<Vec<DeadLetter>, Failure> {
        let letters = self.with(|state| {
            if state.failures > 0 {
                state.failures -= 1;
                state.refused += 1;
                return Err(Failure::internal("made to fail"));
            }
            let mut letters = Vec::new();
            for record in records {
                state.seen += 1;
                let event = &record.event;
                if event.kind == UNREADABLE {
                    letters.push(DeadLetter { record, reason: "made unreadable".to_owned() });
                    continue;
                }
                let revisions = state.effects.entry(event.subject.clone()).or_default();
                if revisions.last().is_none_or(|last| event.revision > *last) {
                    revisions.push(event.revision);
                    state.events.push(record.event);
                }
            }
            Ok(letters)
        })?;
        let _ = self.open.subscribe().wait_for(|open| *open).await;
        Ok(letters)
    }
}

/// What effect once and in order looks like: every subject's revisions from 1 on, without gaps.
pub fn in_order(subjects: &[String], revisions: u64) -> BTreeMap<String, Vec<u64>> {
    subjects.iter().map(|subject| (subject.clone(), (1..=revisions).collect())).collect()
}

pub fn subjects(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("s{number}")).collect()
}
