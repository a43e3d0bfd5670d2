//! What users see of the throttle on codes: while it is away, and where a code was counted that did not go.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use async_trait::async_trait;
use kit::{Act, ErrorCode, Failure, Timestamp};
use serde_json::json;

use crate::domain::{Attempt, CodeRules, Email, NewCode, User};
use crate::ports::{CodeStore, Throttle};
use crate::testing::{Server, address};

/// How a store answers.
#[derive(Clone, Default)]
struct Mood(Arc<AtomicU8>);

impl Mood {
    const AWAY: u8 = 1;
    /// It did what it was asked, and cannot say so.
    const SILENT: u8 = 2;

    fn set(&self, mood: u8) {
        self.0.store(mood, Ordering::SeqCst);
    }

    fn is(&self, mood: u8) -> bool {
        self.0.load(Ordering::SeqCst) == mood
    }
}

struct Moody<T: ?Sized>(Mood, Arc<T>);

impl<T: ?Sized> Moody<T> {
    async fn answer<R>(&self, done: impl Future<Output = Result<R, Failure>>) -> Result<R, Failure> {
        if self.0.is(Mood::AWAY) {
            return Err(Failure::of(ErrorCode::StoreUnavailable));
        }
        let done = done.await;
        if self.0.is(Mood::SILENT) { Err(Failure::of(ErrorCode::StoreUnavailable).unknown()) } else { done }
    }
}

#[async_trait]
impl Throttle for Moody<dyn Throttle> {
    async fn admit(&self, recipient: &[u8; 32], rules: CodeRules, at: Timestamp) -> Result<Timestamp, Failure> {
        self.answer(self.1.admit(recipient, rules, at)).await
    }

    async fn count(&self, recipient: &[u8; 32], at: Timestamp) -> Result<Timestamp, Failure> {
        self.answer(self.1.count(recipient, at)).await
    }

    async fn take_back(&self, recipient: &[u8; 32], counted: Timestamp) -> Result<(), Failure> {
        self.answer(self.1.take_back(recipient, counted)).await
    }
}

#[async_trait]
impl CodeStore for Moody<dyn CodeStore> {
    async fn send(&self, email: &Email, code: NewCode, rules: CodeRules) -> Result<(), Failure> {
        self.answer(self.1.send(email, code, rules)).await
    }

    async fn verify(&self, attempt: Attempt, rules: CodeRules, act: Act) -> Result<Option<User>, Failure> {
        self.answer(self.1.verify(attempt, rules, act)).await
    }

    async fn reset(&self, attempt: Attempt, hash: String, rules: CodeRules, act: Act) -> Result<bool, Failure> {
        self.answer(self.1.reset(attempt, hash, rules, act)).await
    }
}

/// A server whose throttle and whose codes have these moods.
async fn moody() -> (Server, Mood, Mood) {
    let (throttle, codes) = (Mood::default(), Mood::default());
    let server = Server::with(|deps| {
        deps.throttle = Arc::new(Moody(throttle.clone(), deps.throttle.clone()));
        deps.codes = Arc::new(Moody(codes.clone(), deps.codes.clone()));
    });
    (server.await, throttle, codes)
}

async fn otp(server: &Server, name: &str) -> (u16, Option<String>) {
    let answer = server.post("/user/otp", json!({"email": address(name)})).await;
    (answer.status, answer.body["code"].as_str().map(str::to_owned))
}

fn refused(status: u16, code: &str) -> (u16, Option<String>) {
    (status, Some(code.to_owned()))
}

#[actix_web::test]
async fn while_codes_cannot_be_counted_none_goes_and_nobody_signs_up() {
    let (server, throttle, _) = moody().await;
    throttle.set(Mood::AWAY);
    for name in ["ada", "nobody"] {
        assert_eq!(otp(&server, name).await, refused(503, "store_unavailable"));
    }
    let answer = server.sign_up("ada").await;
    assert_eq!((answer.problem(), answer.retry_after), ((503, "store_unavailable"), Some(2)));
    assert!(server.mails().await.is_empty());
    throttle.set(0);
    assert_eq!(server.sign_up("ada").await.status, 201);
}

#[actix_web::test]
async fn a_code_that_certainly_did_not_go_does_not_count() {
    let (server, _, codes) = moody().await;
    codes.set(Mood::AWAY);
    assert_eq!(otp(&server, "ada").await, refused(503, "store_unavailable"));
    codes.set(0);
    assert_eq!(otp(&server, "ada").await, (202, None));
    assert_eq!(otp(&server, "ada").await, refused(429, "code_too_soon"));
}

#[actix_web::test]
async fn a_code_that_may_have_gone_counts() {
    let (server, _, codes) = moody().await;
    codes.set(Mood::SILENT);
    assert_eq!(otp(&server, "ada").await, refused(503, "store_unavailable"));
    codes.set(0);
    assert_eq!(otp(&server, "ada").await, refused(429, "code_too_soon"));
}

#[actix_web::test]
async fn a_sign_up_that_was_refused_does_not_count() {
    let server = Server::with_setup_code(Some("let-me-in")).await;
    assert_eq!(server.sign_up("ada").await.problem(), (403, "setup_code_required"));
    assert_eq!(otp(&server, "ada").await, (202, None));
}

#[actix_web::test]
async fn a_code_that_was_refused_leaves_the_last_one_valid() {
    let server = Server::start().await;
    server.sign_up("ada").await;
    let code = server.code().await;
    assert_eq!(otp(&server, "ada").await, refused(429, "code_too_soon"));
    let verified = server.post("/user/verify", json!({"email": address("ada"), "otp": code})).await;
    assert_eq!(verified.status, 200);
}

#[actix_web::test]
async fn of_many_who_ask_at_once_one_gets_a_code() {
    let server = Server::start().await;
    server.sign_up("ada").await;
    server.clock.advance(std::time::Duration::from_secs(60));
    let all = futures::future::join_all((0..20).map(|_| otp(&server, "ada"))).await;
    assert_eq!(all.iter().filter(|answer| answer.0 == 202).count(), 1, "{all:?}");
    assert_eq!(server.mails().await.len(), 2);
}
