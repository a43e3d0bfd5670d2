//! Stand-ins for the services that user asks, and a store that takes its time, as tests set them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use kit::{Act, ErrorCode, Failure, SessionId, TenantId, Timestamp, UserId};
use testkit::TestClock;

use crate::domain::export::{KeptAllocation, KeptComment, KeptFeed, KeptNotifications};
use crate::domain::{Credentials, NewSession, NewToken, Reason, Rotation, Session, Settlement, User};
use crate::ports::{Holdings, KeptElsewhere, SessionStore};

/// Allocation, feed and notification in one.
#[derive(Clone, Default)]
pub struct FakePeers(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// How much is left after each question; `None` where nobody answers.
    left: Vec<Option<u32>>,
    asked: Vec<Settlement>,
    away: bool,
}

impl FakePeers {
    /// What the next questions are answered with, in turn; afterwards nothing is left.
    pub fn will_answer(&self, left: &[Option<u32>]) {
        self.with(|inner| inner.left = left.to_vec());
    }

    /// What was asked for so far.
    pub fn asked(&self) -> Vec<Settlement> {
        self.with(|inner| inner.asked.clone())
    }

    /// From now on the feed does not answer.
    pub fn lose_feed(&self) {
        self.with(|inner| inner.away = true);
    }

    fn with<T>(&self, f: impl FnOnce(&mut Inner) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Holdings for FakePeers {
    async fn settle(&self, work: Settlement) -> Result<u32, Failure> {
        self.with(|inner| {
            inner.asked.push(work);
            let left = if inner.left.is_empty() { Some(0) } else { inner.left.remove(0) };
            left.ok_or_else(|| Failure::of(ErrorCode::PeerUnavailable))
        })
    }
}

#[async_trait]
impl KeptElsewhere for FakePeers {
    async fn allocations(&self, tenant: TenantId) -> Result<Vec<KeptAllocation>, Failure> {
        Ok(vec![KeptAllocation {
            id: format!("of {tenant}"),
            name: "cache".to_owned(),
            machine_id: String::new(),
            machine_name: "redis".to_owned(),
            machine_revision: 1,
            site: "local".to_owned(),
            desired: "running".to_owned(),
            state: "running".to_owned(),
            reason: None,
            host: "127.0.0.1".to_owned(),
            ports: Vec::new(),
            image: "redis:7.0".to_owned(),
            created_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
            started_at: None,
        }])
    }

    async fn feed(&self, user: UserId) -> Result<KeptFeed, Failure> {
        if self.with(|inner| inner.away) {
            return Err(Failure::of(ErrorCode::PeerUnavailable));
        }
        let comment = KeptComment {
            id: format!("by {user}"),
            machine_id: String::new(),
            text: "fast".to_owned(),
            created_at: Timestamp::EPOCH,
            edited_at: None,
        };
        Ok(KeptFeed { comments: vec![comment], opinions: Vec::new() })
    }

    async fn notifications(&self, _: UserId) -> Result<KeptNotifications, Failure> {
        Ok(KeptNotifications::default())
    }
}

/// A store whose sessions open and go on only after the clock has moved.
#[derive(Clone, Default)]
pub struct SlowSessions(Arc<Mutex<Option<(Duration, TestClock)>>>);

struct SlowlyStored(SlowSessions, Arc<dyn SessionStore>);

impl SlowSessions {
    pub fn around(&self, store: &Arc<dyn SessionStore>) -> Arc<dyn SessionStore> {
        Arc::new(SlowlyStored(self.clone(), store.clone()))
    }

    /// From now on each takes this long.
    pub fn takes(&self, span: Duration, clock: &TestClock) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((span, clock.clone()));
    }

    fn pass(&self) {
        if let Some((span, clock)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            clock.advance(*span);
        }
    }
}

#[async_trait]
impl SessionStore for SlowlyStored {
    async fn open(&self, login: Credentials, new: NewSession, act: Act) -> Result<Option<User>, Failure> {
        self.0.pass();
        self.1.open(login, new, act).await
    }

    async fn refused(&self, user: UserId, act: Act) -> Result<(), Failure> {
        self.1.refused(user, act).await
    }

    async fn rotate(&self, presented: [u8; 32], next: NewToken, at: Timestamp, act: Act) -> Result<Rotation, Failure> {
        self.0.pass();
        self.1.rotate(presented, next, at, act).await
    }

    async fn close(
        &self,
        user: UserId,
        session: SessionId,
        reason: Reason,
        at: Timestamp,
        act: Act,
    ) -> Result<bool, Failure> {
        self.1.close(user, session, reason, at, act).await
    }

    async fn list(&self, user: UserId, at: Timestamp) -> Result<Vec<Session>, Failure> {
        self.1.list(user, at).await
    }

    async fn bearer(&self, user: UserId, session: SessionId, at: Timestamp) -> Result<Option<User>, Failure> {
        self.1.bearer(user, session, at).await
    }
}
