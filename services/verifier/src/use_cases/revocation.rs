//! Which sessions are closed, and what is answered while that cannot be known. Rests on asking user, never on the bus.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kit::{Ambient, ErrorCode, Failure, Timestamp};
use tokio::sync::broadcast;

use crate::config::VerifierConfig;
use crate::domain::{Asking, Closure, Closures};
use crate::ports::ClosureFeed;

/// How many closures one question brings.
const BATCH: u32 = 500;
/// How many closures a follower may be behind before it has to begin anew.
const BEHIND: usize = 1024;

pub struct Revocation {
    feed: Arc<dyn ClosureFeed>,
    ambient: Ambient,
    config: VerifierConfig,
    closures: Mutex<Closures>,
    announced: broadcast::Sender<Closure>,
    /// One question at a time; holds when the last one was asked.
    asking: tokio::sync::Mutex<Option<Timestamp>>,
}

impl Revocation {
    pub fn new(feed: Arc<dyn ClosureFeed>, ambient: Ambient, config: VerifierConfig) -> Self {
        Self {
            feed,
            ambient,
            config,
            closures: Mutex::default(),
            announced: broadcast::Sender::new(BEHIND),
            asking: tokio::sync::Mutex::default(),
        }
    }

    /// `SessionClosed`, or `SessionUnknown` where user was not heard for too long.
    pub async fn admit(&self, asking: &Asking) -> Result<(), Failure> {
        let trust = if asking.writes { self.config.writes_trust } else { self.config.reads_trust };
        let is_fresh = || self.closures().is_fresh(self.ambient.now(), trust);
        if !is_fresh() {
            // The process may have slept: a question now spares the user a refusal. Where user hangs, nobody waits with it.
            let _ = tokio::time::timeout(self.config.closure_poll, self.catch_up(is_fresh)).await;
            if !is_fresh() {
                return Err(Failure::of(ErrorCode::SessionUnknown));
            }
        }
        let (user, session, issued_at) = (asking.user, asking.session, asking.issued_at);
        let closures = self.closures();
        let closed = if asking.by_key {
            closures.closes_key(user, session, issued_at)
        } else {
            closures.close(user, session, issued_at)
        };
        drop(closures);
        if closed {
            return Err(Failure::of(ErrorCode::SessionClosed));
        }
        Ok(())
    }

    /// Asks user for what was closed since the last time; says how many closures were new.
    pub async fn poll(&self) -> Result<u64, Failure> {
        let mut last = self.asking.lock().await;
        *last = Some(self.ambient.now());
        self.ask().await
    }

    /// What is kept, and a receiver of all that follows; nothing falls between the two.
    pub fn follow(&self) -> (Vec<Closure>, broadcast::Receiver<Closure>) {
        let closures = self.closures();
        (closures.all(), self.announced.subscribe())
    }

    /// Asks at most once in a poll's time, however many callers wait.
    async fn catch_up(&self, is_fresh: impl Fn() -> bool) {
        let mut last = self.asking.lock().await;
        let now = self.ambient.now();
        if is_fresh() || last.is_some_and(|last| now.since(last) < self.config.closure_poll) {
            return;
        }
        *last = Some(now);
        if let Err(failure) = self.ask().await {
            tracing::warn!(%failure, "user does not say which sessions are closed");
        }
    }

    async fn ask(&self) -> Result<u64, Failure> {
        let mut added = 0;
        loop {
            let asked_at = self.ambient.now();
            let cursor = self.closures().cursor();
            let batch = self.feed.closed_since(cursor, BATCH).await?;
            let last = batch.len() < BATCH as usize;
            let new = self.take(batch);
            added += new;
            // A full batch without news would be asked for again and again.
            if last || new == 0 {
                let mut closures = self.closures();
                closures.heard(asked_at);
                closures.forget(asked_at.minus(self.config.closure_life));
                return Ok(added);
            }
        }
    }

    fn take(&self, batch: Vec<Closure>) -> u64 {
        let mut closures = self.closures();
        let mut added = 0;
        for closure in batch {
            if closures.add(closure.clone()) {
                added += 1;
                // Nobody may be following.
                let _ = self.announced.send(closure);
            }
        }
        added
    }

    fn closures(&self) -> MutexGuard<'_, Closures> {
        self.closures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
