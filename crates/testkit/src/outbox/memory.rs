//! An outbox in memory that can be told to be wrong: proof that the suites can fail, and what tests of relays use where
//! a database would only be in the way.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bus::{Event, Key, Lag, Leases, Outbox, RelayId, Roll, Shard, Unsent, shard_of};
use kit::Failure;
use tokio::sync::watch;

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Nothing,
    LosesTheTrace,
    RemovesWhatItReads,
    /// Keeps a number, and gives rows above it.
    ReadsAboveTheLast,
    RefusesWhatIsGone,
    IgnoresShards,
    NewestFirst,
    TheLatestWithinTheLimit,
    OneRowAtATime,
    CountsNothing,
    IsSilent,
    SharesLeases,
    NeverExpires,
    NeverRenews,
    KeepsWhatIsGivenBack,
    GivesBackAnybodys,
    ForgetsHolders,
    StaysWhenLeaving,
}

/// Its clones are made with `Arc`.
pub struct MemoryOutbox {
    fault: Fault,
    state: Mutex<State>,
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    rows: BTreeMap<u64, Event>,
    next: u64,
    last_sent: u64,
    relays: HashMap<RelayId, Instant>,
    leases: BTreeMap<Shard, (RelayId, Instant)>,
}

impl MemoryOutbox {
    pub fn new(fault: Fault) -> Self {
        Self { fault, state: Mutex::default(), changes: watch::Sender::new(0) }
    }

    pub fn append(&self, event: Event) {
        let mut state = self.state();
        state.next += 1;
        let number = state.next;
        if !self.has(Fault::OneRowAtATime) || state.rows.is_empty() {
            state.rows.insert(number, event);
        }
        drop(state);
        if !self.has(Fault::IsSilent) {
            self.changes.send_modify(|count| *count += 1);
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state without what has run out.
    fn present(&self) -> MutexGuard<'_, State> {
        let mut state = self.state();
        let now = Instant::now();
        if !self.has(Fault::NeverExpires) {
            state.relays.retain(|_, until| *until > now);
            state.leases.retain(|_, (_, until)| *until > now);
        }
        state
    }
}

#[async_trait]
impl Leases for MemoryOutbox {
    async fn attend(&self, relay: RelayId, length: Duration) -> Result<Roll, Failure> {
        let mut state = self.present();
        state.relays.insert(relay, Instant::now() + length);
        let holders = if self.has(Fault::ForgetsHolders) {
            BTreeMap::new()
        } else {
            state.leases.iter().map(|(shard, (holder, _))| (*shard, *holder)).collect()
        };
        Ok(Roll { relays: state.relays.len(), holders })
    }

    async fn take(&self, relay: RelayId, shards: &[Shard], length: Duration) -> Result<Vec<Shard>, Failure> {
        let mut state = self.present();
        let until = Instant::now() + length;
        let mut taken = Vec::new();
        for shard in shards {
            let held = state.leases.get(shard).copied();
            match held {
                Some((holder, _)) if holder != relay && !self.has(Fault::SharesLeases) => continue,
                Some((_, first)) if self.has(Fault::NeverRenews) => state.leases.insert(*shard, (relay, first)),
                _ => state.leases.insert(*shard, (relay, until)),
            };
            taken.push(*shard);
        }
        Ok(taken)
    }

    async fn give_back(&self, relay: RelayId, shards: &[Shard]) -> Result<(), Failure> {
        let anybodys = self.has(Fault::GivesBackAnybodys);
        if !self.has(Fault::KeepsWhatIsGivenBack) {
            self.present()
                .leases
                .retain(|shard, (holder, _)| !(shards.contains(shard) && (anybodys || *holder == relay)));
        }
        Ok(())
    }

    async fn leave(&self, relay: RelayId) -> Result<(), Failure> {
        if !self.has(Fault::StaysWhenLeaving) {
            let mut state = self.present();
            state.relays.remove(&relay);
            state.leases.retain(|_, (holder, _)| *holder != relay);
        }
        Ok(())
    }
}

#[async_trait]
impl Outbox for MemoryOutbox {
    async fn unsent(&self, shards: &[Shard], limit: usize) -> Result<Vec<Unsent>, Failure> {
        let mut state = self.state();
        let above = if self.has(Fault::ReadsAboveTheLast) { state.last_sent } else { 0 };
        let asked = |event: &Event| self.has(Fault::IgnoresShards) || shards.contains(&shard_of(&event.subject));
        let mut numbers: Vec<u64> =
            state.rows.range(above + 1..).filter(|(_, event)| asked(event)).map(|(number, _)| *number).collect();
        match self.fault {
            Fault::NewestFirst => numbers.reverse(),
            Fault::TheLatestWithinTheLimit => drop(numbers.drain(..numbers.len().saturating_sub(limit))),
            _ => {}
        }
        numbers.truncate(limit);
        let rows = numbers.iter().map(|number| {
            let mut event = state.rows[number].clone();
            if self.has(Fault::LosesTheTrace) {
                event.trace = bus::Trace::default();
            }
            Unsent { key: Key(number.to_be_bytes().to_vec()), event }
        });
        let rows = rows.collect();
        if self.has(Fault::RemovesWhatItReads) {
            state.rows.retain(|number, _| !numbers.contains(number));
        }
        Ok(rows)
    }

    async fn sent(&self, keys: &[Key]) -> Result<(), Failure> {
        let mut state = self.state();
        for key in keys {
            let number = key.0.as_slice().try_into().map(u64::from_be_bytes).map_err(Failure::internal)?;
            state.last_sent = state.last_sent.max(number);
            if state.rows.remove(&number).is_none() && self.has(Fault::RefusesWhatIsGone) {
                return Err(Failure::internal("there is no such row"));
            }
        }
        Ok(())
    }

    async fn lag(&self) -> Result<Lag, Failure> {
        let state = self.state();
        let oldest = state.rows.values().map(|event| event.at).min();
        Ok(if self.has(Fault::CountsNothing) { Lag::default() } else { Lag { rows: state.rows.len() as u64, oldest } })
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}
