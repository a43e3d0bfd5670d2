//! A feed that a test holds in its hand.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use kit::{ErrorCode, Failure, MachineId};

use crate::domain::Standing;
use crate::ports::Standings;

/// Knows what it is told, and remembers what it was asked. Nobody spoke of anything at first.
#[derive(Default)]
pub struct FakeStandings(Mutex<Feed>);

#[derive(Default)]
struct Feed {
    known: HashMap<MachineId, Standing>,
    silent: bool,
    asked: Vec<usize>,
}

impl FakeStandings {
    fn feed(&self) -> std::sync::MutexGuard<'_, Feed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set(&self, machine: MachineId, standing: Standing) {
        self.feed().known.insert(machine, standing);
    }

    /// From now on it does not answer.
    pub fn fall_silent(&self) {
        self.feed().silent = true;
    }

    /// Of how many machines each question was, since the last time.
    pub fn asked(&self) -> Vec<usize> {
        std::mem::take(&mut self.feed().asked)
    }
}

#[async_trait]
impl Standings for FakeStandings {
    async fn of(&self, machines: &[MachineId]) -> Result<HashMap<MachineId, Standing>, Failure> {
        let mut feed = self.feed();
        feed.asked.push(machines.len());
        if feed.silent {
            return Err(Failure::of(ErrorCode::PeerUnavailable));
        }
        Ok(feed.known.iter().filter(|(id, _)| machines.contains(id)).map(|(id, standing)| (*id, *standing)).collect())
    }
}
