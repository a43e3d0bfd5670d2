//! Where containers' output comes from: the engine, which keeps it only until it rotates or removes it.

use async_trait::async_trait;
use futures::stream::BoxStream;
use kit::{AllocationId, Failure, Timestamp};

/// Which of a program's two outputs a line was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogStream {
    Stdout,
    Stderr,
}

/// A machine's container that was started at least once; sandboxes have nothing to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedContainer {
    pub allocation: AllocationId,
    pub container_id: String,
    /// When its present or last run began: a container that is started again has another one.
    pub started_at: Timestamp,
    /// False for one that ended: what it said last is still to be had until it is removed.
    pub running: bool,
}

/// One message of the engine's, without its line break. Of a line above 16 KiB the engine makes several, all of one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawLine {
    pub time: Timestamp,
    pub stream: LogStream,
    pub line: Vec<u8>,
}

/// Reads what containers of this installation and site write.
#[async_trait]
pub trait LogSource: Send + Sync {
    /// Every container of ours that was ever started, dead ones too: a program that fails at once says why only there.
    async fn containers(&self) -> Result<Vec<LoggedContainer>, Failure>;

    /// The lines at or after `since`, oldest first; earlier ones may come along, later ones are never left out.
    /// With `follow` it goes on until the container ends, else until the last line that is there.
    /// A call or an item that fails ends the reading; who asks again names the last time that it saw.
    async fn read(
        &self,
        container_id: &str,
        since: Timestamp,
        follow: bool,
    ) -> Result<BoxStream<'static, Result<RawLine, Failure>>, Failure>;
}
