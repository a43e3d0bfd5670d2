//! One WebSocket: texts in and out, signs of life, and an end that does not wait for a client that hangs.

use std::time::Duration;

use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Session};
use tokio::time::{Instant, Interval};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::ending::Ending;
use super::views::FrameView;

/// A client that does not take one frame in this time is gone.
const STUCK: Duration = Duration::from_secs(60);
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

pub struct Socket {
    session: Session,
    messages: AggregatedMessageStream,
    ping: Interval,
    heard: Instant,
    /// The process waits for open sockets when it drains.
    _counted: TaskTrackerToken,
    _shown: Shown,
}

/// An open socket, for `/metrics`.
struct Shown;

impl Shown {
    fn new() -> Self {
        metrics::gauge!("berth_interact_sockets").increment(1.0);
        Self
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        metrics::gauge!("berth_interact_sockets").decrement(1.0);
    }
}

/// The client is not there any more.
#[derive(Debug)]
pub struct Gone;

impl Socket {
    pub fn new(session: Session, messages: AggregatedMessageStream, ping: Duration, counted: TaskTrackerToken) -> Self {
        let ping = tokio::time::interval_at(Instant::now() + ping, ping);
        Self { session, messages, ping, heard: Instant::now(), _counted: counted, _shown: Shown::new() }
    }

    /// The client's next text. Nothing is lost when the wait is given up.
    pub async fn hear(&mut self) -> Result<String, Gone> {
        loop {
            let message = tokio::select! {
                message = self.messages.recv() => message,
                _ = self.ping.tick() => {
                    self.ask_for_life().await?;
                    continue;
                }
            };
            self.heard = Instant::now();
            match message {
                Some(Ok(AggregatedMessage::Text(text))) => return Ok(text.to_string()),
                Some(Ok(AggregatedMessage::Binary(bytes))) => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
                Some(Ok(AggregatedMessage::Ping(bytes))) => self.session.pong(&bytes).await.map_err(|_| Gone)?,
                Some(Ok(AggregatedMessage::Pong(_))) => {}
                Some(Ok(AggregatedMessage::Close(_)) | Err(_)) | None => return Err(Gone),
            }
        }
    }

    async fn ask_for_life(&mut self) -> Result<(), Gone> {
        if self.heard.elapsed() > self.ping.period() * 3 {
            return Err(Gone);
        }
        self.session.ping(b"").await.map_err(|_| Gone)
    }

    pub async fn send(&mut self, frame: &FrameView) -> Result<(), Gone> {
        let text = serde_json::to_string(frame).map_err(|_| Gone)?;
        tokio::time::timeout(STUCK, self.session.text(text)).await.map_err(|_| Gone)?.map_err(|_| Gone)
    }

    /// Says what is wrong, where something is, and closes.
    pub async fn close(mut self, ending: &Ending) {
        let goodbye = async {
            if let Some(failure) = ending.failure() {
                self.send(&(&failure).into()).await?;
            }
            let reason = CloseReason { code: CloseCode::Other(ending.code()), description: None };
            self.session.close(Some(reason)).await.map_err(|_| Gone)
        };
        // A client that does not listen is left.
        let _ = tokio::time::timeout(GOODBYE, goodbye).await;
    }
}
