//! Limits of several replicas: what they share, what that costs, and what is left of it while Redis is away.

use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, web};
use kit::{ErrorCode, Failure};
use testkit::servers::{self, Kind, Own, RedisPrefix};
use testkit::until;

use super::runs::{PATIENT, opened};
use super::*;
use crate::auth::{Door, Gate, KeyRing, KeySource};
use crate::limit::{CredentialsFrom, Limits, RedisCounter, RenewalFrom, ShareCounts};
use crate::task::{Report, Task as _};

fn address() -> IpAddr {
    "192.0.2.1".parse().unwrap()
}

/// How many of so many pass.
fn count(of: u32, attempt: impl Fn() -> Result<(), Failure>) -> usize {
    (0..of).filter(|_| attempt().is_ok()).count()
}

async fn on_redis(url: &str, prefix: &str, deadline: Duration) -> Arc<Limits> {
    let redis = opened(url, prefix, deadline).await;
    Limits::sharing(&config(), Arc::new(RedisCounter::new(redis, &config())))
}

/// Answers as it is told, and counts how often it is asked.
struct Told {
    verdict: Mutex<Result<Verdict, ErrorCode>>,
    asked: AtomicU32,
}

impl Told {
    fn limits(verdict: Result<Verdict, ErrorCode>) -> (Arc<Self>, Arc<Limits>) {
        let told = Arc::new(Self { verdict: Mutex::new(verdict), asked: AtomicU32::new(0) });
        (told.clone(), Limits::sharing(&config(), told))
    }

    fn tell(&self, verdict: Result<Verdict, ErrorCode>) {
        *self.verdict.lock().unwrap() = verdict;
    }

    fn answer(&self) -> Result<Verdict, Failure> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.verdict.lock().unwrap().map_err(Failure::of)
    }
}

#[async_trait]
impl Counter for Told {
    async fn take(&self, _: Limit, _: Who) -> Result<Verdict, Failure> {
        self.answer()
    }
}

#[async_trait]
impl SharedCounter for Told {
    async fn charge(&self, _: Limit, _: Who, _: NonZeroU32) -> Result<Verdict, Failure> {
        self.answer()
    }
}

const AWAY: Result<Verdict, ErrorCode> = Err(ErrorCode::StoreUnavailable);

#[tokio::test]
async fn of_a_hundred_attempts_at_all_replicas_exactly_the_limit_passes() {
    let prefix = RedisPrefix::new("limit");
    let on = async || on_redis(&servers::redis(), prefix.as_str(), PATIENT).await;
    let replicas = [on().await, on().await, on().await];
    let attempts = (0..102).map(|number| replicas[number % 3].credentials(address()));
    let all = join_all(attempts).await;
    assert_eq!(all.iter().filter(|attempt| attempt.is_ok()).count(), 5);
    for failure in all.into_iter().filter_map(Result::err) {
        assert_eq!(failure.code, ErrorCode::RateLimited);
        assert!(failure.retry_after.is_some_and(|wait| (1..=13).contains(&wait)), "{failure:?}");
    }
}

#[tokio::test]
async fn what_one_replica_let_through_is_gone_at_the_others() {
    let prefix = RedisPrefix::new("limit");
    let on = async || on_redis(&servers::redis(), prefix.as_str(), PATIENT).await;
    let (one, other) = (on().await, on().await);
    let user = UserId::mint(&Ambient::system());
    assert_eq!(count(10, || one.address(address())), 5);
    assert_eq!(count(10, || one.caller(user)), 3);
    assert_eq!(count(2, || other.address(address())), 2, "nobody has told it yet");
    assert_eq!(count(1, || other.caller(user)), 1);
    for replica in [&one, &other] {
        assert_eq!(ShareCounts(replica.clone()).run_once().await, Report { seen: 2, done: 2, failed: 0 });
    }
    let refused = other.address(address()).unwrap_err();
    // Five and two of five went: the debt of two is paid back first.
    assert!(refused.code == ErrorCode::RateLimited && refused.retry_after.unwrap() > 24, "{refused:?}");
    assert_eq!(count(10, || other.caller(user)), 0);
    assert!(other.address("192.0.2.2".parse().unwrap()).is_ok());
}

#[tokio::test]
async fn requests_are_counted_without_asking_anybody() {
    let (told, limits) = Told::limits(Ok(Verdict::Passes));
    assert_eq!(count(10, || limits.address(address())), 5);
    assert_eq!(told.asked.load(Ordering::Relaxed), 0);
    let share = ShareCounts(limits.clone());
    share.run_once().await;
    share.run_once().await;
    assert_eq!(told.asked.load(Ordering::Relaxed), 1, "all that one address asked is told at once, and once");
}

#[tokio::test]
async fn a_flood_of_attempts_does_not_reach_the_shared_counter() {
    let (told, limits) = Told::limits(Ok(Verdict::Waits(Duration::from_secs(5))));
    for _ in 0..1000 {
        let refused = limits.credentials(address()).await.unwrap_err();
        assert!(refused.code == ErrorCode::RateLimited && refused.retry_after.unwrap() <= 6);
    }
    assert_eq!(told.asked.load(Ordering::Relaxed), 1);
    told.tell(Ok(Verdict::Passes));
    assert!(limits.credentials("192.0.2.2".parse().unwrap()).await.is_ok());
}

#[tokio::test]
async fn without_shared_counts_nobody_guesses_and_everybody_else_goes_on() {
    let (_, limits) = Told::limits(AWAY);
    let refused = limits.credentials(address()).await.unwrap_err();
    assert_eq!((refused.code, refused.again()), (ErrorCode::StoreUnavailable, kit::Again::AfterSeconds(2)));
    let mut renewed = 0;
    for _ in 0..10 {
        renewed += u32::from(limits.renewal(address()).await.is_ok());
    }
    assert_eq!(renewed, 5);
    assert_eq!(limits.renewal(address()).await.unwrap_err().code, ErrorCode::RateLimited);
    assert_eq!(count(10, || limits.address(address())), 5);
    assert_eq!(ShareCounts(limits.clone()).run_once().await, Report { seen: 0, done: 0, failed: 1 });
    assert_eq!(count(10, || limits.address("192.0.2.2".parse().unwrap())), 5);
}

#[tokio::test]
async fn a_process_on_its_own_counts_attempts_itself() {
    let limits = Limits::new(&config());
    let mut passed = 0;
    for _ in 0..10 {
        passed += u32::from(limits.credentials(address()).await.is_ok());
        passed += u32::from(limits.renewal(address()).await.is_ok());
    }
    assert_eq!(passed, 5, "passwords and tokens have one limit");
    assert_eq!(ShareCounts(limits).run_once().await, Report::default());
}

#[tokio::test]
async fn a_redis_that_is_killed_takes_attempts_with_it_and_comes_back_by_itself() {
    let own = Own::start(Kind::Redis).await;
    let limits = on_redis(own.address(), "own", PATIENT).await;
    limits.credentials(address()).await.unwrap();
    own.kill();
    let attempt = || async { limits.credentials(address()).await.map_err(|failure| failure.code) };
    assert_eq!(until(attempt, Result::is_err).await, Err(ErrorCode::StoreUnavailable));
    assert_eq!(count(10, || limits.address(address())), 5, "requests go on");
    assert!(limits.renewal(address()).await.is_ok());
    own.start_again().await;
    assert!(until(attempt, Result::is_ok).await.is_ok());
}

#[tokio::test]
async fn a_redis_that_stalls_holds_up_a_few_attempts_and_no_request() {
    let own = Own::start(Kind::Redis).await;
    let limits = on_redis(own.address(), "own", RedisCounter::DEADLINE).await;
    own.pause();
    let began = Instant::now();
    for _ in 0..1000 {
        assert_eq!(limits.credentials(address()).await.unwrap_err().code, ErrorCode::StoreUnavailable);
    }
    assert!(began.elapsed() < Duration::from_secs(5), "a thousand attempts took {:?}", began.elapsed());
    assert_eq!(count(10, || limits.address(address())), 5);
    own.resume();
    let attempt = || async { limits.credentials(address()).await.map_err(|failure| failure.code) };
    assert!(until(attempt, Result::is_ok).await.is_ok());
}

struct Nobody;

#[async_trait]
impl Gate for Nobody {
    async fn check(&self, _: proto::v1::CheckRequest) -> Result<kit::Caller, Failure> {
        Err(Failure::of(ErrorCode::Unauthenticated))
    }
}

#[async_trait]
impl KeySource for Nobody {
    async fn keys(&self) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        Ok(Vec::new())
    }
}

#[actix_web::test]
async fn an_endpoint_that_takes_a_password_answers_503_and_one_that_takes_a_token_does_not() {
    let (told, limits) = Told::limits(AWAY);
    let door =
        Door { keys: Arc::new(KeyRing::new(Arc::new(Nobody), Ambient::system())), gate: Arc::new(Nobody), limits };
    let app = App::new()
        .app_data(web::Data::new(door))
        .route(
            "/login",
            web::get().to(|from: CredentialsFrom| async move { HttpResponse::Ok().body(from.0.to_string()) }),
        )
        .route("/refresh", web::get().to(|_: RenewalFrom| HttpResponse::Ok()));
    let app = init_service(app).await;
    let get = async |path: &str| {
        let request = TestRequest::get().uri(path).peer_addr("192.0.2.1:4000".parse().unwrap());
        let response = call_service(&app, request.to_request()).await;
        let wait = response.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
        (response.status().as_u16(), wait)
    };
    assert_eq!(get("/login").await, (503, Some("2".to_owned())));
    assert_eq!(get("/refresh").await, (200, None));
    told.tell(Ok(Verdict::Waits(Duration::from_millis(1500))));
    assert_eq!(get("/refresh").await, (429, Some("2".to_owned())));
    assert_eq!(get("/login").await, (429, Some("2".to_owned())));
}
