//! Ends what is kept for a time: API keys that expired long ago, and the oldest part of the audit list.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kit::{Ambient, Failure};
use wire::{Report, Task};

use crate::domain::EXPIRED_LISTED;
use crate::ports::{ApiKeyStore, AuditArchive};

pub struct RetentionSweep {
    pub api_keys: Arc<dyn ApiKeyStore>,
    pub archive: Arc<dyn AuditArchive>,
    pub ambient: Ambient,
    /// How long the audit list is kept.
    pub audit_life: Duration,
}

impl RetentionSweep {
    async fn sweep(&self) -> Result<u64, Failure> {
        let now = self.ambient.now();
        let mut removed = 0;
        loop {
            let keys = self.api_keys.forget(now.minus(EXPIRED_LISTED)).await?;
            let entries = self.archive.forget(now.minus(self.audit_life)).await?;
            if keys + entries == 0 {
                return Ok(removed);
            }
            removed += keys + entries;
        }
    }
}

#[async_trait]
impl Task for RetentionSweep {
    fn name(&self) -> &'static str {
        "retention_sweep"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(3600)
    }

    async fn run_once(&self) -> Report {
        match self.sweep().await {
            Ok(done) => Report { seen: done, done, failed: 0 },
            Err(failure) => {
                tracing::error!(%failure, "could not sweep API keys and the audit list");
                Report { seen: 1, done: 0, failed: 1 }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::Server;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    async fn sweep(server: &Server) -> Report {
        let found = server.service.tasks.iter().find(|scheduled| scheduled.task.name() == "retention_sweep");
        found.expect("the service sweeps").task.run_once().await
    }

    async fn listed(server: &Server, path: &str) -> usize {
        let answer = server.get(path, &server.token("ada").await).await;
        answer.body["items"].as_array().map_or_else(|| panic!("{answer:?}"), Vec::len)
    }

    #[actix_web::test]
    async fn an_expired_key_is_listed_for_a_month_and_an_act_for_a_year() {
        let server = Server::start().await;
        server.verified("ada").await;
        let expires_at = server.clock.ambient().now().plus(DAY).to_string();
        let wish = json!({"name": "nightly", "scopes": ["profile:read"], "expires_at": expires_at});
        let token = server.token("ada").await;
        assert_eq!(server.call("POST", "/user/api-keys", Some(&token), Some(wish)).await.status, 201);
        server.collect_audit().await;
        server.clock.advance(30 * DAY);
        sweep(&server).await;
        assert_eq!(listed(&server, "/user/api-keys").await, 1);
        server.clock.advance(DAY);
        assert_eq!(sweep(&server).await.done, 1);
        assert_eq!(listed(&server, "/user/api-keys").await, 0);
        let acts = listed(&server, "/user/audit").await;
        server.clock.advance(333 * DAY);
        assert_eq!(sweep(&server).await, Report::default());
        server.clock.advance(DAY);
        assert_eq!(sweep(&server).await.done, acts as u64);
        assert_eq!(listed(&server, "/user/audit").await, 0);
    }
}
