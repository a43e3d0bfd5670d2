//! Reads a log into a client's backlog. What is stored is read as fast as the client takes it: when the backlog is
//! full the stream is let go, and opened again behind the last line taken. What is live does not wait. A stream that breaks
//! off is opened again likewise: the docker service may be restarted under its readers.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::BoxStream;
use kit::{ErrorCode, Failure};
use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::backlog::{Backlog, Bounds, Item};
use super::open::Opened;
use super::rest::Rest;
use crate::domain::{LogFrame, LogsWanted};
use crate::ports::Logs;

/// How long a log that was being read may be away before its reader is told: a restart takes some seconds.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(250);

type Frames = BoxStream<'static, Result<LogFrame, Failure>>;

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
    let (mut opened, mut away) = (false, None);
    loop {
        let read = match logs.open(&wanted).await {
            Ok(frames) => {
                opened = true;
                read_once(frames, &mut wanted, into, &mut away).await
            }
            Err(failure) => Err(failure),
        };
        match read {
            Ok(Some(reason)) => return Ok(reason),
            Ok(None) => into.room().await,
            Err(failure) if opened && is_restart(&failure) => {
                let since = *away.get_or_insert_with(Instant::now);
                if since.elapsed() > PATIENCE {
                    return Err(failure);
                }
                tokio::time::sleep(PAUSE).await;
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// Whether it is the other side that went, and may come back.
fn is_restart(failure: &Failure) -> bool {
    matches!(failure.code, ErrorCode::PeerUnavailable | ErrorCode::ShuttingDown | ErrorCode::DeadlineExceeded)
}

/// The log's word on its end, or `None` where the backlog was full before the log was live. With the first frame it is not
/// `away` any longer.
async fn read_once(
    mut frames: Frames,
    wanted: &mut LogsWanted,
    into: &Backlog,
    away: &mut Option<Instant>,
) -> Result<Option<String>, Failure> {
    let mut live = false;
    while let Some(frame) = frames.next().await {
        let frame = frame?;
        *away = None;
        let frame = match frame {
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
    use std::sync::atomic::{AtomicU32, Ordering};

    use async_trait::async_trait;
    use futures::stream;
    use kit::{AllocationId, Timestamp};
    use testkit::TestClock;

    use super::*;
    use crate::domain::{Cursor, Output};

    /// Gives lines 1 to `stored`, then, when followed, a ready and lines up to `last`.
    struct Scripted {
        stored: u64,
        last: u64,
    }

    /// Breaks off after each line, and cannot be opened every other time.
    struct Broken(Scripted, AtomicU32);

    #[async_trait]
    impl Logs for Broken {
        async fn open(&self, wanted: &LogsWanted) -> Result<Frames, Failure> {
            if self.1.fetch_add(1, Ordering::Relaxed) % 2 == 1 {
                return Err(Failure::of(ErrorCode::PeerUnavailable));
            }
            let whole = self.0.open(wanted).await?;
            let broken = Err(Failure::of(ErrorCode::ShuttingDown));
            let is_last = wanted.after.is_some_and(|cursor| cursor.ordinal >= self.0.last - 1);
            Ok(if is_last { whole } else { whole.take(1).chain(stream::iter([broken])).boxed() })
        }
    }

    fn line(ordinal: u64) -> LogFrame {
        let cursor = Cursor { epoch: 1, ordinal };
        LogFrame::Line { cursor, time: Timestamp::EPOCH, output: Output::Stdout, text: ordinal.to_string() }
    }

    #[async_trait]
    impl Logs for Scripted {
        async fn open(&self, wanted: &LogsWanted) -> Result<Frames, Failure> {
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

    async fn watched(logs: impl Logs + 'static, frames: usize) -> Vec<LogFrame> {
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
    async fn a_stream_that_breaks_off_is_opened_again_behind_the_last_line() {
        let got = watched(Broken(Scripted { stored: 4, last: 4 }, AtomicU32::new(0)), 8).await;
        assert_eq!(got, (1..=4).map(line).chain([LogFrame::Ready]).collect::<Vec<_>>());
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
