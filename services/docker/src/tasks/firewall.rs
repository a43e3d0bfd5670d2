//! Sets the firewall's rules again where somebody flushed them: a host's own firewall does on reload.
//! A pass that could not set them has failed, also where nothing ever could.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use wire::task::{Report, Task};

use crate::use_cases::App;

pub struct FirewallKeep {
    pub app: Arc<App>,
}

#[async_trait]
impl Task for FirewallKeep {
    fn name(&self) -> &'static str {
        "firewall_keep"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(10)
    }

    async fn run_once(&self) -> Report {
        match self.app.host.firewall_ensure().await {
            Ok(changed) => Report { seen: 1, done: u64::from(changed), failed: u64::from(!self.app.host.enforced()) },
            Err(failure) => {
                tracing::error!(%failure, "the firewall's rules could not be set");
                Report { failed: 1, ..Report::default() }
            }
        }
    }
}
