//! Closed sessions, and what is answered while user does not say which those are.

use std::sync::atomic::Ordering;
use std::time::Duration;

use kit::{ErrorCode, Failure};

use crate::domain::Asking;
use crate::fakes::Bench;
use crate::samples::{asking, person};

struct Question {
    bench: Bench,
    asking: Asking,
}

impl Question {
    async fn new() -> Self {
        let bench = Bench::start().await;
        let person = person(&bench.ambient);
        Self { asking: asking(&bench.ambient, &person), bench }
    }

    async fn ask(&self, writes: bool) -> Option<ErrorCode> {
        let asking = Asking { writes, ..self.asking.clone() };
        self.bench.app.revocation.admit(&asking).await.err().map(|failure: Failure| failure.code)
    }

    async fn read(&self) -> Option<ErrorCode> {
        self.ask(false).await
    }

    async fn write(&self) -> Option<ErrorCode> {
        self.ask(true).await
    }

    fn polls(&self) -> u32 {
        self.bench.world.polled.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn while_user_is_away_writes_stop_after_five_seconds_and_reads_after_sixty() {
    let question = Question::new().await;
    question.bench.away(true);
    question.bench.clock.advance(Duration::from_secs(5));
    assert_eq!((question.write().await, question.read().await), (None, None));
    question.bench.clock.advance(Duration::from_millis(1));
    assert_eq!((question.write().await, question.read().await), (Some(ErrorCode::SessionUnknown), None));
    question.bench.clock.advance(Duration::from_secs(55));
    assert_eq!(question.read().await, Some(ErrorCode::SessionUnknown));
    question.bench.away(false);
    question.bench.clock.advance(Duration::from_secs(1));
    assert_eq!((question.write().await, question.read().await), (None, None));
}

#[tokio::test]
async fn nothing_is_answered_before_user_was_heard_once() {
    let bench = Bench::impatient(Duration::from_millis(5)).await;
    let person = person(&bench.ambient);
    bench.away(true);
    let refused = bench.app.revocation.admit(&asking(&bench.ambient, &person)).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::SessionUnknown);
}

#[tokio::test]
async fn a_process_that_slept_asks_instead_of_refusing() {
    let question = Question::new().await;
    question.bench.clock.advance(Duration::from_secs(600));
    assert_eq!((question.write().await, question.polls()), (None, 2));
}

#[tokio::test]
async fn a_user_that_is_away_is_asked_once_a_second_by_all_together() {
    let question = Question::new().await;
    question.bench.away(true);
    question.bench.clock.advance(Duration::from_secs(10));
    for _ in 0..5 {
        assert_eq!(question.write().await, Some(ErrorCode::SessionUnknown));
    }
    assert_eq!(question.polls(), 2);
    question.bench.clock.advance(Duration::from_secs(1));
    assert_eq!(question.write().await, Some(ErrorCode::SessionUnknown));
    assert_eq!(question.polls(), 3);
}

#[tokio::test]
async fn a_closing_is_heard_once_and_told_to_followers() {
    let question = Question::new().await;
    let Question { bench, asking } = &question;
    bench.close(asking.user, Some(asking.session), bench.ambient.now());
    let (kept, mut following) = bench.app.revocation.follow();
    assert!(kept.is_empty() && question.read().await.is_none());
    assert_eq!(bench.app.revocation.poll().await.unwrap(), 1);
    assert_eq!(bench.app.revocation.poll().await.unwrap(), 0);
    assert_eq!(question.read().await, Some(ErrorCode::SessionClosed));
    assert_eq!(following.recv().await.unwrap().session, Some(asking.session));
    let (kept, _) = bench.app.revocation.follow();
    assert_eq!(kept.len(), 1, "a follower who comes late is told too");
}

#[tokio::test]
async fn closing_all_of_a_users_sessions_spares_the_next_login() {
    let question = Question::new().await;
    let bench = &question.bench;
    bench.clock.advance(Duration::from_millis(10));
    bench.close(question.asking.user, None, bench.ambient.now());
    bench.app.revocation.poll().await.unwrap();
    assert_eq!(question.read().await, Some(ErrorCode::SessionClosed));
    bench.clock.advance(Duration::from_millis(10));
    let session = kit::SessionId::mint(&bench.ambient);
    let again = Asking { session, ..question.asking.clone() };
    assert!(bench.app.revocation.admit(&again).await.is_ok(), "issued in the same second, but after the closing");
}

#[tokio::test]
async fn many_closings_come_in_several_batches_and_old_ones_are_forgotten() {
    let question = Question::new().await;
    let Question { bench, asking } = &question;
    for _ in 0..1200 {
        bench.close(asking.user, Some(kit::SessionId::mint(&bench.ambient)), bench.ambient.now());
    }
    assert_eq!(bench.app.revocation.poll().await.unwrap(), 1200);
    assert_eq!(bench.app.revocation.follow().0.len(), 1200);
    bench.clock.advance(Duration::from_secs(20 * 60 + 1));
    bench.app.revocation.poll().await.unwrap();
    assert!(bench.app.revocation.follow().0.is_empty());
}
