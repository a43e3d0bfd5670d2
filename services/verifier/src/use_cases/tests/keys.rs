//! API keys: resolved once a minute, void from the moment of their closing, and open again when their user is.

use std::time::Duration;

use kit::{Access, ApiKeyId, ErrorCode, Scope, SessionId};

use crate::domain::{Key, Need, Person};
use crate::fakes::Bench;
use crate::samples::person;
use crate::use_cases::{KeyAsking, check_key};

const HASH: [u8; 32] = [7; 32];

struct World {
    bench: Bench,
    person: Person,
    key: Key,
}

/// A key of a verified user that user knows.
async fn world() -> World {
    let bench = Bench::start().await;
    let person = person(&bench.ambient);
    bench.settle(&person).await;
    let key = Key {
        id: ApiKeyId::mint(&bench.ambient),
        user: person.user,
        tenant: person.tenant,
        scopes: vec![Scope::LogsRead],
        expires_at: None,
        user_revision: 1,
        resolved_at: bench.ambient.now(),
    };
    let world = World { bench, person, key };
    world.own();
    world
}

impl World {
    /// User resolves the key from now on.
    fn own(&self) {
        let key = Key { resolved_at: self.bench.ambient.now(), ..self.key.clone() };
        self.bench.world.keys.lock().unwrap().insert(HASH.to_vec(), key);
    }

    fn disown(&self) {
        self.bench.world.keys.lock().unwrap().clear();
    }

    async fn code(&self, asking: &KeyAsking) -> Option<ErrorCode> {
        check_key(&self.bench.app, asking).await.err().map(|failure| failure.code)
    }

    async fn close(&self, session: Option<SessionId>) {
        self.bench.clock.advance(Duration::from_millis(1));
        self.bench.close(self.person.user, session, self.bench.ambient.now());
        self.bench.app.revocation.poll().await.unwrap();
        self.bench.clock.advance(Duration::from_millis(1));
    }
}

fn asking() -> KeyAsking {
    KeyAsking { hash: HASH.to_vec(), tenant: None, need: Need::Verified, writes: true }
}

#[tokio::test]
async fn a_key_opens_its_tenant_and_says_what_it_may() {
    let world = world().await;
    let caller = check_key(&world.bench.app, &asking()).await.unwrap();
    assert_eq!((caller.user, caller.tenant), (world.person.user, world.person.tenant));
    assert_eq!(caller.session.as_uuid(), world.key.id.as_uuid());
    assert_eq!(caller.access, Access::Key(vec![Scope::LogsRead]));
    let elsewhere = KeyAsking { tenant: Some(kit::TenantId::mint(&world.bench.ambient)), ..asking() };
    assert_eq!(world.code(&elsewhere).await, Some(ErrorCode::Forbidden));
    let unknown = KeyAsking { hash: vec![8; 32], ..asking() };
    assert_eq!(world.code(&unknown).await, Some(ErrorCode::Unauthenticated));
    let admin = KeyAsking { need: Need::Admin, ..asking() };
    assert_eq!(world.code(&admin).await, Some(ErrorCode::Forbidden));
}

#[tokio::test]
async fn user_is_asked_once_a_minute() {
    let world = world().await;
    assert_eq!(world.code(&asking()).await, None);
    let asked = world.bench.asked();
    assert_eq!(world.code(&asking()).await, None);
    assert_eq!(world.bench.asked(), asked);
}

#[tokio::test]
async fn a_revoked_key_is_void_at_once_though_it_is_remembered() {
    let world = world().await;
    assert_eq!(world.code(&asking()).await, None);
    world.disown();
    world.close(Some(SessionId::from_uuid(world.key.id.as_uuid()))).await;
    assert_eq!(world.code(&asking()).await, Some(ErrorCode::Unauthenticated));
}

#[tokio::test]
async fn the_keys_of_a_user_who_was_suspended_and_is_back_open_again() {
    let world = world().await;
    assert_eq!(world.code(&asking()).await, None);
    world.disown();
    world.close(None).await;
    assert_eq!(world.code(&asking()).await, Some(ErrorCode::Unauthenticated));
    world.own();
    assert_eq!(world.code(&asking()).await, None);
}

#[tokio::test]
async fn a_key_that_ran_out_is_no_key() {
    let mut world = world().await;
    world.key.expires_at = Some(world.bench.ambient.now().plus(Duration::from_secs(2)));
    world.own();
    assert_eq!(world.code(&asking()).await, None);
    world.bench.clock.advance(Duration::from_secs(2));
    world.bench.app.revocation.poll().await.unwrap();
    assert_eq!(world.code(&asking()).await, Some(ErrorCode::Unauthenticated));
}
