//! Ports that a test plays.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use ed25519_dalek::SigningKey;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use kit::{AllocationId, Caller, ErrorCode, Failure, Role, SessionId, TenantId, Timestamp, UserId};
use proto::v1::{CheckRequest, Need};
use tokio::sync::{broadcast, mpsc};
use tokio_stream::wrappers::{BroadcastStream, UnboundedReceiverStream};
use wire::auth::{Gate, KeySource};

use crate::domain::{Cursor, LogFrame, LogsWanted, Output};
use crate::ports::{Allocations, Closed, Closures, Logs, Standing};

pub fn signing_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

pub struct FakeKeys;

#[async_trait]
impl KeySource for FakeKeys {
    async fn keys(&self) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        Ok(vec![("test".into(), signing_key().verifying_key().to_bytes().to_vec())])
    }
}

/// Knows users by their session.
#[derive(Default)]
pub struct FakeGate(Mutex<HashMap<String, Caller>>);

impl FakeGate {
    pub fn know(&self, user: UserId, session: SessionId, tenant: TenantId, verified: bool) {
        let caller =
            Caller { user, tenant, role: Role::Owner, access: kit::Access::Login, session, verified, admin: false };
        self.0.lock().unwrap().insert(session.to_string(), caller);
    }

    pub fn close(&self, session: SessionId) {
        self.0.lock().unwrap().remove(&session.to_string());
    }
}

#[async_trait]
impl Gate for FakeGate {
    async fn check(&self, request: CheckRequest) -> Result<Caller, Failure> {
        let known = self.0.lock().unwrap().get(&request.session_id).cloned();
        let caller = known.ok_or_else(|| Failure::of(ErrorCode::SessionClosed))?;
        if request.need() == Need::Verified && !caller.verified {
            return Err(Failure::of(ErrorCode::UserNotVerified));
        }
        Ok(caller)
    }
}

#[derive(Default)]
pub struct FakeAllocations(Mutex<HashMap<(TenantId, AllocationId), Standing>>);

impl FakeAllocations {
    pub fn add(&self, tenant: TenantId, id: AllocationId, standing: Standing) {
        self.0.lock().unwrap().insert((tenant, id), standing);
    }
}

#[async_trait]
impl Allocations for FakeAllocations {
    async fn find(&self, tenant: TenantId, id: AllocationId) -> Result<Standing, Failure> {
        let found = self.0.lock().unwrap().get(&(tenant, id)).cloned();
        found.ok_or_else(|| Failure::of(ErrorCode::AllocationNotFound))
    }
}

/// One stream at a time, which a test may break.
#[derive(Default)]
pub struct FakeClosures(Mutex<Option<mpsc::UnboundedSender<Closed>>>);

impl FakeClosures {
    pub fn tell(&self, closed: Closed) {
        self.0.lock().unwrap().as_ref().unwrap().send(closed).unwrap();
    }

    pub fn break_off(&self) {
        *self.0.lock().unwrap() = None;
    }

    pub async fn listened(&self) {
        testkit::until(|| async { self.0.lock().unwrap().is_some() }, |listens| *listens).await;
    }
}

#[async_trait]
impl Closures for FakeClosures {
    async fn listen(&self) -> Result<BoxStream<'static, Result<Closed, Failure>>, Failure> {
        let (sender, receiver) = mpsc::unbounded_channel();
        *self.0.lock().unwrap() = Some(sender);
        Ok(UnboundedReceiverStream::new(receiver).map(Ok).boxed())
    }
}

/// One log for all allocations; its lines are numbered as they are written.
pub struct FakeLogs {
    lines: Mutex<Vec<LogFrame>>,
    live: broadcast::Sender<LogFrame>,
}

impl Default for FakeLogs {
    fn default() -> Self {
        Self { lines: Mutex::default(), live: broadcast::Sender::new(1 << 16) }
    }
}

impl FakeLogs {
    pub fn write(&self, text: &str) {
        let mut lines = self.lines.lock().unwrap();
        let cursor = Cursor { epoch: 1, ordinal: lines.len() as u64 + 1 };
        let line = LogFrame::Line { cursor, time: Timestamp::EPOCH, output: Output::Stdout, text: text.to_owned() };
        lines.push(line.clone());
        let _ = self.live.send(line);
    }

    pub fn end(&self, reason: &str) {
        self.live.send(LogFrame::End { reason: reason.to_owned() }).unwrap();
    }
}

#[async_trait]
impl Logs for FakeLogs {
    async fn open(&self, wanted: &LogsWanted) -> Result<BoxStream<'static, Result<LogFrame, Failure>>, Failure> {
        let lines = self.lines.lock().unwrap();
        let live = BroadcastStream::new(self.live.subscribe()).map(|line| line.map_err(Failure::internal));
        let behind = |line: &LogFrame| match line {
            LogFrame::Line { cursor, .. } => wanted.after.is_none_or(|after| *cursor > after),
            _ => true,
        };
        let mut stored: Vec<LogFrame> = lines.iter().filter(|line| behind(line)).cloned().collect();
        if let Some(tail) = wanted.tail {
            stored.drain(..stored.len().saturating_sub(tail as usize));
        }
        let last = if wanted.follow { LogFrame::Ready } else { LogFrame::End { reason: "complete".into() } };
        let stored = stream::iter(stored.into_iter().chain([last]).map(Ok));
        Ok(if wanted.follow { stored.chain(live).boxed() } else { stored.boxed() })
    }
}
