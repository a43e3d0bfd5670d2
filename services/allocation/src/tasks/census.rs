//! Counts what there is, for `/metrics`. Every replica counts the same rows: who adds up asks for the largest.

use std::time::Duration;

use async_trait::async_trait;
use wire::task::{Report, Task};

use super::Hands;
use crate::domain::lifecycle::State;
use crate::ports::Census;

pub struct TakeCensus(pub Hands);

#[async_trait]
impl Task for TakeCensus {
    fn name(&self) -> &'static str {
        "allocation_census"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(15)
    }

    async fn run_once(&self) -> Report {
        match self.0.fleet.census().await {
            Ok(census) => {
                show(&census);
                Report { seen: census.states.values().sum(), ..Report::default() }
            }
            Err(failure) => {
                tracing::warn!(%failure, "allocations cannot be counted");
                Report { failed: 1, ..Report::default() }
            }
        }
    }
}

/// A state that nothing is in any more is zero, and not what it last was.
fn show(census: &Census) {
    for state in State::ALL.into_iter().filter(|state| *state != State::Removed) {
        let count = census.states.get(&state).copied().unwrap_or_default();
        metrics::gauge!("berth_allocations", "state" => state.as_str()).set(count as f64);
    }
    metrics::gauge!("berth_allocation_work_waiting_seconds").set(census.waiting.as_secs_f64());
}
