//! Keys over their lives: no token is ever signed with a key that its readers could not know for an hour.

use std::sync::Arc;
use std::time::Duration;

use kit::{MasterKey, SessionId, UserId};
use testkit::TestClock;

use super::*;
use crate::config::UserConfig;
use crate::store::sql::{MIGRATIONS, SqlStore};

struct World {
    store: Arc<SqlStore>,
    clock: TestClock,
    master: MasterKey,
    _directory: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let (directory, clock) = (tempfile::tempdir().unwrap(), TestClock::default());
        let path = directory.path().join("user.db");
        let database = sql::Database::open(&path, &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
        let master = MasterKey::mint(&clock.ambient());
        Self { store: Arc::new(SqlStore::new(database, clock.ambient())), clock, master, _directory: directory }
    }

    fn replica(&self, master: &MasterKey) -> JwtSigner {
        let lives = UserConfig::default().keys();
        JwtSigner::new(self.store.clone(), Secrets::new(master), lives, self.clock.ambient())
    }

    async fn published(&self) -> Vec<String> {
        self.store.all().await.unwrap().into_iter().map(|key| key.kid).collect()
    }

    async fn kid_of_a_token(&self, signer: &JwtSigner) -> String {
        let ambient = self.clock.ambient();
        let claims = Claims {
            user: UserId::mint(&ambient),
            session: SessionId::mint(&ambient),
            revision: 1,
            issued_at: ambient.now(),
            expires_at: ambient.now().plus(Duration::from_secs(900)),
        };
        let token = signer.sign(claims).await.unwrap();
        jsonwebtoken::decode_header(&token).unwrap().kid.unwrap()
    }
}

/// The first and last minute that a key was published in, and signed in.
#[derive(Debug)]
struct Seen {
    kid: String,
    published: (u32, u32),
    signed: Option<(u32, u32)>,
}

#[tokio::test]
async fn a_key_is_published_an_hour_before_it_signs_and_an_hour_after() {
    let world = World::new().await;
    let signer = world.replica(&world.master);
    let mut seen: Vec<Seen> = Vec::new();
    // Every run of the task around the change; in the 29 days before it there is nothing to see.
    let minutes = std::iter::once(0).chain((29 * 24 * 60..31 * 24 * 60).step_by(5));
    let mut now = 0;
    for minute in minutes {
        world.clock.advance(Duration::from_secs(60 * u64::from(minute - now)));
        now = minute;
        signer.rotate().await.unwrap();
        for kid in world.published().await {
            match seen.iter_mut().find(|key| key.kid == kid) {
                Some(key) => key.published.1 = minute,
                None => seen.push(Seen { kid, published: (minute, minute), signed: None }),
            }
        }
        let kid = world.kid_of_a_token(&signer).await;
        let key = seen.iter_mut().find(|key| key.kid == kid).expect("a token's key is published");
        key.signed = Some((key.signed.map_or(minute, |(first, _)| first), minute));
    }
    let [old, new] = seen.as_slice() else { panic!("{seen:?}") };
    let ((_, last_signed), (first_signed, _)) = (old.signed.unwrap(), new.signed.unwrap());
    assert_eq!((last_signed, first_signed), (30 * 24 * 60 - 5, 30 * 24 * 60));
    assert!(first_signed - new.published.0 >= 60 && old.published.1 - last_signed >= 60, "{seen:?}");
}

#[tokio::test]
async fn replicas_sign_with_the_same_key() {
    let world = World::new().await;
    let (one, other) = (world.replica(&world.master), world.replica(&world.master));
    let (first, second) = tokio::join!(one.rotate(), other.rotate());
    assert_eq!(first.unwrap() + second.unwrap(), 1);
    assert_eq!(world.kid_of_a_token(&one).await, world.kid_of_a_token(&other).await);
}

#[tokio::test]
async fn a_platform_that_slept_for_months_signs_with_a_new_key() {
    let world = World::new().await;
    let signer = world.replica(&world.master);
    let old = world.kid_of_a_token(&signer).await;
    world.clock.advance(Duration::from_secs(90 * 24 * 3600));
    let new = world.kid_of_a_token(&signer).await;
    assert_ne!(old, new);
    assert_eq!(world.published().await, [new]);
}

#[tokio::test]
async fn keys_open_only_with_the_master_key_they_were_made_under() {
    let world = World::new().await;
    world.replica(&world.master).rotate().await.unwrap();
    let stranger = world.replica(&MasterKey::mint(&world.clock.ambient()));
    assert!(stranger.rotate().await.unwrap_err().operator.unwrap().contains("master key"));
}
