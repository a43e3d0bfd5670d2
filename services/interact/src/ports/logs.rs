//! Where lines come from.

use async_trait::async_trait;
use futures::stream::BoxStream;
use kit::Failure;

use crate::domain::{LogFrame, LogsWanted};

#[async_trait]
pub trait Logs: Send + Sync {
    /// Stored lines, then, with `follow`, a `Ready` and what comes; an `End` where that is over. The reader must keep up:
    /// a stream that is not read holds up others.
    async fn open(&self, wanted: &LogsWanted) -> Result<BoxStream<'static, Result<LogFrame, Failure>>, Failure>;
}
