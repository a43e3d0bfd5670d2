//! Asks user once a second which sessions were closed.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use wire::{Report, Task};

use crate::use_cases::Revocation;

pub struct ClosurePoll {
    pub revocation: Arc<Revocation>,
    pub every: Duration,
}

#[async_trait]
impl Task for ClosurePoll {
    fn name(&self) -> &'static str {
        "closure_poll"
    }

    fn every(&self) -> Duration {
        self.every
    }

    async fn run_once(&self) -> Report {
        match self.revocation.poll().await {
            Ok(added) => Report { seen: added, done: added, failed: 0 },
            Err(failure) => {
                tracing::warn!(%failure, "user does not say which sessions are closed");
                Report { failed: 1, ..Report::default() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::Bench;
    use crate::samples::person;

    #[tokio::test]
    async fn a_run_tells_what_was_new_and_that_user_is_away() {
        let bench = Bench::start().await;
        let person = person(&bench.ambient);
        let task = ClosurePoll { revocation: bench.app.revocation.clone(), every: Duration::from_secs(1) };
        bench.close(person.user, None, bench.ambient.now());
        assert_eq!(task.run_once().await, Report { seen: 1, done: 1, failed: 0 });
        assert_eq!(task.run_once().await, Report::default());
        bench.away(true);
        assert_eq!(task.run_once().await, Report { seen: 0, done: 0, failed: 1 });
    }
}
