//! Two replicas with one cache: what one of them remembers must not keep alive at the other what was closed or changed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cache::{Cache, Redis, RedisCache};
use kit::{ApiKeyId, ErrorCode, Scope, SessionId};
use testkit::servers::{self, RedisPrefix};

use crate::domain::{Asking, Key, Need, Person};
use crate::fakes::Bench;
use crate::samples::{asking, person};
use crate::use_cases::{App, KeyAsking, Revocation, check, check_key};

/// Remembers only when it is told to: a replica that is held up.
struct Late {
    cache: Arc<dyn Cache>,
    held: Mutex<Vec<(String, Bytes, Duration)>>,
}

#[async_trait]
impl Cache for Late {
    async fn get(&self, key: &str) -> Option<Bytes> {
        self.cache.get(key).await
    }

    async fn set(&self, key: &str, value: Bytes, life: Duration) {
        self.held.lock().unwrap().push((key.to_owned(), value, life));
    }

    async fn remove(&self, key: &str) {
        self.cache.remove(key).await;
    }
}

impl Late {
    async fn goes_on(&self) {
        let held = std::mem::take(&mut *self.held.lock().unwrap());
        assert!(!held.is_empty(), "nothing was to be remembered");
        for (key, value, life) in held {
            self.cache.set(&key, value, life).await;
        }
    }
}

struct Replicas {
    bench: Bench,
    /// The other replica: it hears of closings by itself.
    other: App,
    late: Arc<Late>,
    _prefix: RedisPrefix,
}

impl Replicas {
    async fn start() -> Self {
        let mut bench = Bench::start().await;
        let prefix = RedisPrefix::new("verifier");
        let redis = Redis::open("test", &servers::redis().into(), prefix.as_str(), Duration::from_secs(20)).unwrap();
        redis.connected().await;
        let shared: Arc<dyn Cache> = Arc::new(RedisCache::new(redis));
        let late = Arc::new(Late { cache: shared.clone(), held: Mutex::default() });
        bench.app.cache = shared;
        let revocation = Revocation::new(bench.world.clone(), bench.ambient.clone(), bench.app.config);
        let other = App { revocation: Arc::new(revocation), ..bench.app.clone() };
        other.revocation.poll().await.unwrap();
        Self { bench, other, late, _prefix: prefix }
    }

    /// The other replica, remembering late.
    fn late(&self) -> App {
        App { cache: self.late.clone(), ..self.other.clone() }
    }

    async fn settled(&self) -> Person {
        let person = Person { admin: true, ..person(&self.bench.ambient) };
        self.bench.settle(&person).await;
        person
    }

    /// Whether an answer came from what was remembered: owner and copy say something else by now.
    async fn forget(&self, person: &Person) {
        let gone = Person { deleted: true, revision: person.revision + 1, ..person.clone() };
        self.bench.settle(&gone).await;
    }
}

async fn code(app: &App, asking: &Asking) -> Option<ErrorCode> {
    check(app, asking).await.err().map(|failure| failure.code)
}

#[tokio::test]
async fn a_verdict_of_one_replica_is_known_to_the_other() {
    let replicas = Replicas::start().await;
    let person = replicas.settled().await;
    let asking = asking(&replicas.bench.ambient, &person);
    assert_eq!(code(&replicas.other, &asking).await, None);
    replicas.forget(&person).await;
    assert_eq!(code(&replicas.bench.app, &asking).await, None, "it is remembered, for a second");
    replicas.bench.clock.advance(Duration::from_secs(1));
    assert_eq!(code(&replicas.bench.app, &asking).await, Some(ErrorCode::SessionClosed), "and no longer");
}

#[tokio::test]
async fn a_closing_that_one_replica_knows_beats_a_verdict_of_one_that_does_not() {
    let replicas = Replicas::start().await;
    let person = replicas.settled().await;
    let asking = asking(&replicas.bench.ambient, &person);
    replicas.bench.close(person.user, Some(asking.session), replicas.bench.ambient.now());
    replicas.bench.app.revocation.poll().await.unwrap();
    assert_eq!(code(&replicas.other, &asking).await, None, "it has not heard yet, and remembers a yes for both");
    assert_eq!(code(&replicas.bench.app, &asking).await, Some(ErrorCode::SessionClosed));
    replicas.other.revocation.poll().await.unwrap();
    assert_eq!(code(&replicas.other, &asking).await, Some(ErrorCode::SessionClosed));
}

#[tokio::test]
async fn a_verdict_that_is_remembered_late_is_not_taken() {
    let replicas = Replicas::start().await;
    let person = replicas.settled().await;
    let asking = Asking { need: Need::Admin, ..asking(&replicas.bench.ambient, &person) };
    assert_eq!(code(&replicas.late(), &asking).await, None);
    replicas.bench.clock.advance(Duration::from_secs(1));
    replicas.bench.settle(&Person { admin: false, revision: person.revision + 1, ..person }).await;
    replicas.late.goes_on().await;
    assert_eq!(code(&replicas.bench.app, &asking).await, Some(ErrorCode::Forbidden));
}

#[tokio::test]
async fn a_verdict_about_somebody_else_is_not_taken() {
    let replicas = Replicas::start().await;
    let (ada, bob) = (replicas.settled().await, person(&replicas.bench.ambient));
    assert_eq!(code(&replicas.late(), &asking(&replicas.bench.ambient, &ada)).await, None);
    let (_, value, life) = replicas.late.held.lock().unwrap().pop().unwrap();
    replicas.late.cache.set(&format!("verifier/person/{}", bob.user), value, life).await;
    let refused = code(&replicas.bench.app, &asking(&replicas.bench.ambient, &bob)).await;
    assert_eq!(refused, Some(ErrorCode::SessionClosed));
}

#[tokio::test]
async fn a_key_that_is_remembered_late_is_resolved_again() {
    let replicas = Replicas::start().await;
    let person = replicas.settled().await;
    let ambient = &replicas.bench.ambient;
    let key = Key {
        id: ApiKeyId::mint(ambient),
        user: person.user,
        tenant: person.tenant,
        scopes: vec![Scope::LogsRead],
        expires_at: None,
        user_revision: 1,
        resolved_at: ambient.now(),
    };
    let hash = vec![7; 32];
    let asking = KeyAsking { hash: hash.clone(), tenant: None, need: Need::Verified, writes: true };
    let code = async |app: &App| check_key(app, &asking).await.err().map(|failure| failure.code);
    replicas.bench.world.keys.lock().unwrap().insert(hash, key.clone());
    assert_eq!(code(&replicas.late()).await, None);
    replicas.bench.clock.advance(Duration::from_millis(1));
    replicas.bench.world.keys.lock().unwrap().clear();
    let session = SessionId::from_uuid(key.id.as_uuid());
    replicas.bench.close(person.user, Some(session), ambient.now());
    replicas.bench.app.revocation.poll().await.unwrap();
    replicas.late.goes_on().await;
    assert_eq!(code(&replicas.bench.app).await, Some(ErrorCode::Unauthenticated), "the closing is known");
    assert_eq!(
        code(&replicas.late()).await,
        Some(ErrorCode::Unauthenticated),
        "what was remembered is removed for all"
    );
    // So late that the closing is forgotten.
    replicas.bench.clock.advance(Duration::from_secs(20 * 60 + 1));
    replicas.bench.app.revocation.poll().await.unwrap();
    let old = serde_json::to_vec(&key).unwrap();
    let cache_key = format!("verifier/key/{}", "07".repeat(32));
    replicas.late.cache.set(&cache_key, old.into(), Duration::from_secs(60)).await;
    assert_eq!(code(&replicas.bench.app).await, Some(ErrorCode::Unauthenticated));
}
