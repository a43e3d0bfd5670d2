//! Whether the service's database still answers, for `/readyz`. Requests find out for themselves.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kit::Failure;
use wire::drain::Drain;
use wire::health::Readiness;
use wire::task::{Report, Scheduled, Task};

use crate::backing::Backing;

struct Watch {
    backing: Arc<dyn Backing>,
    readiness: Readiness,
}

pub fn start(backing: Arc<dyn Backing>, readiness: &Readiness, drain: &Drain) {
    readiness.ok(backing.part());
    Scheduled::new(Arc::new(Watch { backing, readiness: readiness.clone() })).start(drain);
}

#[async_trait]
impl Task for Watch {
    fn name(&self) -> &'static str {
        "database_watch"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(5)
    }

    async fn run_once(&self) -> Report {
        match self.backing.ping().await {
            Ok(()) => {
                self.readiness.ok(self.backing.part());
                Report::default()
            }
            Err(failure) => {
                self.readiness.not_ok(self.backing.part(), why(&failure));
                Report { failed: 1, ..Report::default() }
            }
        }
    }
}

fn why(failure: &Failure) -> String {
    failure.operator.clone().unwrap_or_else(|| failure.detail.clone())
}
