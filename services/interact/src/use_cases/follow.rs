//! Reads a log into a client's backlog. What is stored is read as fast as the client takes it: when the backlog is
//! full the stream is let go, and opened again behind the last line taken. What is live does not wait.

use std::sync::Arc;

use futures::StreamExt as _;
use kit::{ErrorCode, Failure};
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;

use super::backlog::{Backlog, Bounds, Item};
use super::open::Opened;
use super::rest::Rest;
use crate::domain::{LogFrame, LogsWanted};
use crate::ports::Logs;

/// A log on its way to one client; dropping it ends the reading.
pub struct Feed {
    backlog: Arc<Backlog>,
    _reader: AbortOnDropHandle<()>,
}

impl Feed {
    /// Ends with the log's own word on its end, or with that of the allocation.
    pub fn start(runtime: &Handle, logs: Arc<dyn Logs>, opened: Opened, rest: Rest, bounds: Bounds) -> Self {
        let backlog = Arc::new(Backlog::new(bounds));
        let into = backlog.clone();
        let reader = runtime.spawn(async move {
            let Opened { wanted, ending } = opened;
            let (allocation, follow) = (wanted.allocation, wanted.follow);
            let over = tokio::select! {
                over = read(&*logs, wanted, &into) => over.map(|reason| ending.unwrap_or(reason)),
                state = rest.comes(allocation), if follow => Ok(state),
            };
            into.finish(over);
        });
        Self { backlog, _reader: AbortOnDropHandle::new(reader) }
    }

    /// Nothing is lost when the wait is given up.
    pub async fn next(&self) -> Item {
        self.backlog.next().await
    }
}

async fn read(logs: &dyn Logs, mut wanted: LogsWanted, into: &Backlog) -> Result<String, Failure> {
    loop {
        match read_once(logs, &mut wanted, into).await? {
            Some(reason) => return Ok(reason),
            None => into.room().await,
        }
    }
}

/// The log's word on its end, or `None` where the backlog was full before the log was live.
async fn read_once(logs: &dyn Logs, wanted: &mut LogsWanted, into: &Backlog) -> Result<Option<String>, Failure> {
    let mut frames = logs.open(wanted).await?;
    let mut live = false;
    while let Some(frame) = frames.next().await {
        let frame = match frame? {
            LogFrame::End { reason } => return Ok(Some(reason)),
            frame => frame,
        };
        let turns_live = frame == LogFrame::Ready;
        let cursor = match &frame {
            LogFrame::Line { cursor, .. } => Some(*cursor),
            _ => None,
        };
        if live {
            into.push(frame);
        } else if !into.offer(frame) {
            // Also for the word that what follows is live: no stored line makes place for it.
            return Ok(None);
        }
        live |= turns_live;
        if cursor.is_some() {
            (wanted.after, wanted.tail) = (cursor, None);
        }
    }
    Err(Failure::of(ErrorCode::PeerUnavailable).operator("a log's stream broke off"))
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use futures::stream::{self, BoxStream};
    use kit::{AllocationId, Timestamp};
    use testkit::TestClock;

    use super::*;
    use crate::domain::{Cursor, Output};

    /// Gives lines 1 to `stored`, then, when followed, a ready and lines up to `last`.
    struct Scripted {
        stored: u64,
        last: u64,
    }

    fn line(ordinal: u64) -> LogFrame {
        let cursor = Cursor { epoch: 1, ordinal };
        LogFrame::Line { cursor, time: Timestamp::EPOCH, output: Output::Stdout, text: ordinal.to_string() }
    }

    #[async_trait]
    impl Logs for Scripted {
        async fn open(&self, wanted: &LogsWanted) -> Result<BoxStream<'static, Result<LogFrame, Failure>>, Failure> {
            let first = wanted.after.map_or(1, |cursor| cursor.ordinal + 1);
            let end = LogFrame::End { reason: "stopped".into() };
            let stored = (first..=self.stored).map(line).chain([LogFrame::Ready]);
            let frames: Vec<_> = stored.chain((self.stored + 1..=self.last).map(line)).chain([end]).collect();
            Ok(stream::iter(frames).map(Ok).boxed())
        }
    }

    struct Nobody;

    #[async_trait]
    impl crate::ports::Allocations for Nobody {
        async fn find(&self, _: kit::TenantId, _: AllocationId) -> Result<crate::ports::Standing, Failure> {
            Ok(crate::ports::Standing::Live)
        }
    }

    async fn watched(logs: Scripted, frames: usize) -> Vec<LogFrame> {
        let allocation = AllocationId::mint(&TestClock::default().ambient());
        let wanted = LogsWanted {
            allocation,
            follow: true,
            tail: Some(500),
            after: None,
            since: None,
            output: None,
            grep: None,
        };
        let opened = Opened { wanted, ending: None };
        let bounds = Bounds { frames, bytes: 1 << 20 };
        let tenant = kit::TenantId::mint(&TestClock::default().ambient());
        let rest = Rest { allocations: Arc::new(Nobody), tenant, every: std::time::Duration::from_secs(3600) };
        let feed = Feed::start(&Handle::current(), Arc::new(logs), opened, rest, bounds);
        let mut got = Vec::new();
        loop {
            match feed.next().await {
                Item::Frame(frame) => got.push(frame),
                Item::Over(how) => {
                    assert_eq!(how.unwrap(), "stopped");
                    return got;
                }
            }
        }
    }

    #[tokio::test]
    async fn what_is_stored_waits_for_the_slowest() {
        let got = watched(Scripted { stored: 500, last: 500 }, 8).await;
        let expected: Vec<_> = (1..=500).map(line).chain([LogFrame::Ready]).collect();
        assert_eq!(got, expected);
    }

    #[tokio::test]
    async fn what_is_live_does_not_wait_and_says_what_was_lost() {
        let got = watched(Scripted { stored: 3, last: 1000 }, 8).await;
        let lines = got.iter().filter(|frame| matches!(frame, LogFrame::Line { .. })).count() as u64;
        let dropped: u64 =
            got.iter().map(|frame| if let LogFrame::Gap { dropped } = frame { dropped.unwrap() } else { 0 }).sum();
        assert_eq!(lines + dropped, 1000);
        assert!(dropped > 0 && got.last() == Some(&line(1000)), "{got:?}");
    }
}
