//! Tells open sockets which sessions were closed. Listens as long as it can; each time that it begins to listen, all
//! sockets are checked anew, since what was closed before that is not told.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use kit::Failure;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use wire::task::{Report, Task};

use crate::ports::Closures;
use crate::use_cases::Notice;

pub struct Revocations {
    closures: Arc<dyn Closures>,
    notices: broadcast::Sender<Notice>,
    stop: CancellationToken,
}

impl Revocations {
    pub fn new(closures: Arc<dyn Closures>, notices: broadcast::Sender<Notice>, stop: CancellationToken) -> Self {
        Self { closures, notices, stop }
    }

    /// Passes closings on until the stream ends; how many there were.
    async fn listen(&self) -> Result<u64, Failure> {
        let mut closed = self.closures.listen().await?;
        self.tell(Notice::LookAgain);
        let mut told = 0;
        while let Some(closed) = closed.next().await {
            self.tell(Notice::Closed(closed?));
            told += 1;
        }
        Ok(told)
    }

    fn tell(&self, notice: Notice) {
        // Fails when there is no socket.
        let _ = self.notices.send(notice);
    }
}

#[async_trait]
impl Task for Revocations {
    fn name(&self) -> &'static str {
        "interact_revocations"
    }

    /// The pause before listening again.
    fn every(&self) -> Duration {
        Duration::from_secs(1)
    }

    async fn run_once(&self) -> Report {
        let heard = tokio::select! {
            () = self.stop.cancelled() => return Report::default(),
            heard = self.listen() => heard,
        };
        match heard {
            Ok(told) => Report { seen: told, done: told, failed: 0 },
            Err(failure) => {
                tracing::warn!(%failure, "does not hear which sessions are closed");
                Report { failed: 1, ..Report::default() }
            }
        }
    }
}
