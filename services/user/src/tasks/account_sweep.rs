//! Removes what has had its time: accounts that nobody verified, sessions, tokens and codes that ran out.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kit::{Ambient, Failure};
use wire::{Report, Task};

use crate::config::UserConfig;
use crate::ports::{Directory, Expiry, Swept};

pub struct AccountSweep {
    pub directory: Arc<dyn Directory>,
    pub ambient: Ambient,
    pub config: UserConfig,
}

impl AccountSweep {
    async fn sweep(&self) -> Result<u64, Failure> {
        let now = self.ambient.now();
        let expiry = Expiry {
            now,
            unverified_before: now.minus(self.config.unverified_goes_after.get()),
            closures_before: now.minus(self.config.closures_matter_for()),
        };
        let mut removed = 0;
        loop {
            let swept = self.directory.sweep(expiry).await?;
            if swept == Swept::default() {
                return Ok(removed);
            }
            removed += swept.accounts + swept.rows;
        }
    }
}

#[async_trait]
impl Task for AccountSweep {
    fn name(&self) -> &'static str {
        "account_sweep"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(600)
    }

    async fn run_once(&self) -> Report {
        match self.sweep().await {
            Ok(done) => Report { seen: done, done, failed: 0 },
            Err(failure) => {
                tracing::error!(%failure, "could not sweep accounts");
                Report { seen: 1, done: 0, failed: 1 }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Server;

    async fn sweep(server: &Server) -> Report {
        let tasks = &server.service.tasks;
        let sweep = tasks.iter().find(|scheduled| scheduled.task.name() == "account_sweep");
        sweep.expect("the service sweeps").task.run_once().await
    }

    #[actix_web::test]
    async fn who_did_not_verify_within_a_week_goes_with_an_event_that_names_nobody() {
        let server = Server::start().await;
        server.verified("ada").await;
        let bob = server.sign_up("bob").await.text("id");
        server.clock.advance(Duration::from_secs(7 * 24 * 3600));
        assert!(sweep(&server).await.done > 0);
        assert_eq!(sweep(&server).await, Report::default());
        let (kind, event) = server.user_events().await.pop().unwrap();
        let user = event.user.unwrap();
        assert_eq!((kind.as_str(), user.id, user.deleted, user.revision), ("user.deleted", bob, true, 2));
        assert!(user.email.is_empty() && user.first_name.is_empty());
        assert_eq!(server.log_in("bob").await.problem(), (401, "invalid_credentials"));
        assert_eq!(server.log_in("ada").await.status, 200);
    }
}
