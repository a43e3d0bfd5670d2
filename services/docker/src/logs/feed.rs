//! A log as one reader gets it: what is stored, then what comes, from wherever the reader was. A reader that falls
//! behind the ring reads on from the files, so that lines are lost only when those are rotated away.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::BoxStream;
use kit::Failure;
use proto::convert::status_of;
use proto::v1::{self, log_frame::Frame};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, watch};
use tonic::Status;

use super::entry::{Entry, Filter, Seq};
use super::log::{Log, Phase};
use super::store::{LogStore, blocking};

/// How long a follower waits after the container's end for it to run again, before it is told that it stopped. A
/// restart takes less.
const LINGER: Duration = Duration::from_secs(5);
/// Frames on their way to one reader.
const IN_FLIGHT: usize = 64;

/// The frames that a request asks for. Without `follow` they end with `complete`; with it a `ready` frame stands
/// between what was stored and what comes, and they end with `stopped` or `removed`. `InvalidInput` where the request
/// is not valid.
pub fn stream(
    store: &LogStore,
    request: &v1::LogsRequest,
) -> Result<BoxStream<'static, Result<v1::LogFrame, Status>>, Failure> {
    let feed = Feed::new(store, request, LINGER)?;
    Ok(feed.start().boxed())
}

pub(super) struct Feed {
    log: Arc<Log>,
    filter: Filter,
    tail: Option<u64>,
    follow: bool,
    /// Up to where the reader has been given all.
    cursor: Option<Seq>,
    linger: Duration,
    live: broadcast::Receiver<Arc<Entry>>,
    phase: watch::Receiver<Phase>,
}

/// Why the live part was left.
enum Left {
    /// The reader is gone.
    Reader,
    /// The ring does not have the next entry: the files do.
    Ring,
    End(&'static str),
}

type Frames = mpsc::Sender<Result<v1::LogFrame, Status>>;

impl Feed {
    pub(super) fn new(store: &LogStore, request: &v1::LogsRequest, linger: Duration) -> Result<Self, Failure> {
        let log = store.log(proto::convert::id(&request.allocation_id, "allocation_id")?);
        let filter = Filter::of(request)?;
        // Before anything is read, so that nothing falls between the files and the ring.
        let (live, phase) = (log.subscribe(), log.phase());
        let cursor = request.after.map(Seq::from);
        Ok(Self { log, filter, tail: request.tail, follow: request.follow, cursor, linger, live, phase })
    }

    pub(super) fn start(self) -> tokio_stream::wrappers::ReceiverStream<Result<v1::LogFrame, Status>> {
        let (frames, stream) = mpsc::channel(IN_FLIGHT);
        tokio::spawn(async move {
            if let Err(failure) = self.run(&frames).await {
                tracing::error!(%failure, "a log could not be read");
                let _ = frames.send(Err(status_of(&failure))).await;
            }
        });
        tokio_stream::wrappers::ReceiverStream::new(stream)
    }

    async fn run(mut self, frames: &Frames) -> Result<(), Failure> {
        self.find_tail().await?;
        let mut ready = false;
        loop {
            if !self.stored(frames).await? {
                return Ok(());
            }
            if !self.follow {
                give(frames, end("complete")).await;
                return Ok(());
            }
            if !std::mem::replace(&mut ready, true) {
                give(frames, Frame::Ready(v1::LogReady {}).into_frame()).await;
            }
            match self.follow(frames).await {
                Left::Ring => {}
                Left::Reader => return Ok(()),
                Left::End(reason) => {
                    give(frames, end(reason)).await;
                    return Ok(());
                }
            }
        }
    }

    async fn find_tail(&mut self) -> Result<(), Failure> {
        if let Some(count) = self.tail {
            let (log, filter, cursor) = (self.log.clone(), self.filter.clone(), self.cursor);
            self.cursor = blocking(move || log.tail(cursor, &filter, count)).await?;
        }
        Ok(())
    }

    /// Gives all that is stored behind the cursor; false when the reader is gone.
    async fn stored(&mut self, frames: &Frames) -> Result<bool, Failure> {
        loop {
            let (log, cursor) = (self.log.clone(), self.cursor);
            let page = blocking(move || log.page(cursor)).await?;
            if let Some(dropped) = page.missed {
                give(frames, Frame::Gap(v1::LogGap { dropped }).into_frame()).await;
            }
            for entry in &page.entries {
                self.cursor = Some(entry.seq);
                if self.filter.wants(entry) && !give(frames, entry.frame()).await {
                    return Ok(false);
                }
            }
            if page.head {
                return Ok(!frames.is_closed());
            }
        }
    }

    async fn follow(&mut self, frames: &Frames) -> Left {
        loop {
            let entry = tokio::select! {
                biased;
                () = frames.closed() => return Left::Reader,
                entry = self.live.recv() => entry,
                reason = ended(&mut self.phase, self.linger) => return Left::End(reason),
            };
            match entry {
                Ok(entry) if self.cursor.is_some_and(|cursor| entry.seq <= cursor) => {}
                Ok(entry) if self.cursor.is_some_and(|cursor| entry.seq == cursor.next()) => {
                    self.cursor = Some(entry.seq);
                    if self.filter.wants(&entry) && !give(frames, entry.frame()).await {
                        return Left::Reader;
                    }
                }
                Ok(_) | Err(RecvError::Lagged(_)) => return Left::Ring,
                Err(RecvError::Closed) => return Left::End("removed"),
            }
        }
    }
}

/// Waits until no more is to be expected.
async fn ended(phase: &mut watch::Receiver<Phase>, linger: Duration) -> &'static str {
    loop {
        let present = *phase.borrow_and_update();
        match present {
            Phase::Removed => return "removed",
            Phase::Waiting | Phase::Running => {
                if phase.changed().await.is_err() {
                    return "removed";
                }
            }
            Phase::Ended => match tokio::time::timeout(linger, phase.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return "removed",
                Err(_) => return "stopped",
            },
        }
    }
}

/// Whether the reader is still there.
async fn give(frames: &Frames, frame: v1::LogFrame) -> bool {
    frames.send(Ok(frame)).await.is_ok()
}

fn end(reason: &str) -> v1::LogFrame {
    Frame::End(v1::LogEnd { reason: reason.to_owned() }).into_frame()
}

trait IntoFrame {
    fn into_frame(self) -> v1::LogFrame;
}

impl IntoFrame for Frame {
    fn into_frame(self) -> v1::LogFrame {
        v1::LogFrame { frame: Some(self) }
    }
}
