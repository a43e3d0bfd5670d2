//! API keys: each its user's, each name once, none after its end.

use futures::future::join_all;
use kit::{Act, ApiKeyId, ErrorCode, Failure, Scope, SessionId, UserId};
use testkit::contract;

use super::{DAY, HOUR, World};
use crate::domain::{ApiKey, KeyName, MOST_KEYS, NewApiKey, User};
use crate::ports::Expiry;

pub fn new(world: &World, owner: &User, name: &str) -> NewApiKey {
    NewApiKey {
        id: ApiKeyId::mint(&world.ambient),
        tenant: owner.tenant,
        name: KeyName::parse(name).expect("a plain name"),
        hint: "wxyz".to_owned(),
        hash: world.ambient.bytes::<32>(),
        scopes: vec![Scope::AllocationsRead, Scope::LogsRead],
        at: world.ambient.now(),
        expires_at: None,
    }
}

async fn create(world: &World, owner: &User, new: NewApiKey) -> Result<ApiKey, Failure> {
    let act = Act::anonymous("user.api_key_create", "api_key", new.id);
    world.api_keys.create(owner.id, new, act).await
}

async fn revoke(world: &World, user: UserId, key: ApiKeyId) -> bool {
    let act = Act::anonymous("user.api_key_revoke", "api_key", key);
    world.api_keys.revoke(user, key, act).await.unwrap()
}

async fn resolve(world: &World, hash: [u8; 32]) -> Option<ApiKey> {
    world.api_keys.resolve(hash, world.ambient.now()).await.unwrap()
}

async fn closings(world: &World) -> Vec<(Option<SessionId>, UserId, String)> {
    let all = world.directory.closed_since(0, world.ambient.now().minus(HOUR), 100).await.unwrap();
    all.into_iter().map(|closure| (closure.session, closure.user, closure.reason)).collect()
}

contract! {
    pub fn api_key_store(world: World) {
        async fn keys_are_listed_as_they_were_made_newest_first() {
            let ada = world.verified("ada@example.org").await;
            let wish = NewApiKey { expires_at: Some(world.ambient.now().plus(DAY)), ..new(&world, &ada, "one") };
            let (id, one) = (wish.id, create(&world, &ada, wish).await.unwrap());
            world.clock.advance(HOUR);
            let two = create(&world, &ada, new(&world, &ada, "two")).await.unwrap();
            assert_eq!((one.id, one.user, one.tenant, one.last_used_at), (id, ada.id, ada.tenant, None));
            assert_eq!((one.name.as_str(), one.hint.as_str()), ("one", "wxyz"));
            assert_eq!(one.scopes, [Scope::AllocationsRead, Scope::LogsRead]);
            assert_eq!(world.api_keys.list(ada.id).await.unwrap(), [two, one]);
        }

        async fn a_name_is_taken_once_by_each_user() {
            let (ada, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            let key = create(&world, &ada, new(&world, &ada, "ci")).await.unwrap();
            let again = create(&world, &ada, new(&world, &ada, "ci")).await.unwrap_err();
            assert_eq!((again.code, again.field.as_deref()), (ErrorCode::NameTaken, Some("name")));
            assert!(create(&world, &bob, new(&world, &bob, "ci")).await.is_ok());
            assert!(revoke(&world, ada.id, key.id).await);
            assert!(create(&world, &ada, new(&world, &ada, "ci")).await.is_ok());
        }

        async fn of_ten_parallel_keys_of_a_name_one_is_made() {
            let ada = world.verified("ada@example.org").await;
            let all = join_all((0..10).map(|_| create(&world, &ada, new(&world, &ada, "ci")))).await;
            assert_eq!(all.iter().filter(|made| made.is_ok()).count(), 1);
            assert_eq!(world.api_keys.list(ada.id).await.unwrap().len(), 1);
        }

        async fn a_user_has_fifty_keys_at_most() {
            let ada = world.verified("ada@example.org").await;
            let mut last = None;
            for n in 0..MOST_KEYS {
                last = create(&world, &ada, new(&world, &ada, &n.to_string())).await.ok();
            }
            let refused = create(&world, &ada, new(&world, &ada, "more")).await.unwrap_err();
            assert_eq!(refused.code, ErrorCode::TooMany);
            assert!(revoke(&world, ada.id, last.expect("the fiftieth is made").id).await);
            assert!(create(&world, &ada, new(&world, &ada, "more")).await.is_ok());
        }

        async fn nobody_has_no_keys() {
            let ada = world.verified("ada@example.org").await;
            let nobody = User { id: UserId::mint(&world.ambient), ..ada.clone() };
            let refused = create(&world, &nobody, new(&world, &ada, "ci")).await.unwrap_err();
            assert_eq!(refused.code, ErrorCode::SessionClosed);
            assert_eq!(world.api_keys.list(nobody.id).await.unwrap(), []);
        }

        async fn a_key_is_found_by_its_hash_until_it_ends() {
            let ada = world.verified("ada@example.org").await;
            let wish = NewApiKey { expires_at: Some(world.ambient.now().plus(DAY)), ..new(&world, &ada, "ci") };
            let (hash, key) = (wish.hash, create(&world, &ada, wish).await.unwrap());
            assert_eq!(resolve(&world, [0; 32]).await, None);
            world.clock.advance(23 * HOUR);
            assert_eq!(resolve(&world, hash).await, Some(key));
            world.clock.advance(HOUR);
            assert_eq!(resolve(&world, hash).await, None);
            assert_eq!(world.api_keys.list(ada.id).await.unwrap().len(), 1);
        }

        async fn a_revoked_key_is_gone_and_its_closing_told() {
            let ada = world.verified("ada@example.org").await;
            let wish = new(&world, &ada, "ci");
            let (hash, key) = (wish.hash, create(&world, &ada, wish).await.unwrap());
            assert_eq!(closings(&world).await, []);
            assert!(revoke(&world, ada.id, key.id).await);
            assert!(!revoke(&world, ada.id, key.id).await);
            assert_eq!((resolve(&world, hash).await, world.api_keys.list(ada.id).await.unwrap()), (None, vec![]));
            let closed = Some(SessionId::from_uuid(key.id.as_uuid()));
            assert_eq!(closings(&world).await, [(closed, ada.id, "revoked".to_owned())]);
        }

        async fn a_key_is_its_users() {
            let (ada, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            let wish = new(&world, &ada, "ci");
            let (hash, key) = (wish.hash, create(&world, &ada, wish).await.unwrap());
            assert_eq!(world.api_keys.list(bob.id).await.unwrap(), []);
            assert!(!revoke(&world, bob.id, key.id).await);
            assert_eq!((resolve(&world, hash).await, closings(&world).await), (Some(key), vec![]));
        }

        async fn the_last_use_is_remembered() {
            let ada = world.verified("ada@example.org").await;
            let key = create(&world, &ada, new(&world, &ada, "ci")).await.unwrap();
            let used = world.ambient.now().plus(HOUR);
            world.api_keys.mark_used(key.id, used).await.unwrap();
            world.api_keys.mark_used(key.id, used.minus(DAY)).await.unwrap();
            assert_eq!(world.api_keys.list(ada.id).await.unwrap()[0].last_used_at, Some(used));
        }

        async fn only_keys_that_expired_are_forgotten() {
            let ada = world.verified("ada@example.org").await;
            let end = world.ambient.now().plus(DAY);
            create(&world, &ada, NewApiKey { expires_at: Some(end), ..new(&world, &ada, "old") }).await.unwrap();
            create(&world, &ada, NewApiKey { expires_at: Some(end.plus(HOUR)), ..new(&world, &ada, "young") }).await.unwrap();
            create(&world, &ada, new(&world, &ada, "eternal")).await.unwrap();
            assert_eq!(world.api_keys.forget(end.minus(HOUR)).await.unwrap(), 0);
            assert_eq!(world.api_keys.forget(end).await.unwrap(), 1);
            let mut left: Vec<_> = world.api_keys.list(ada.id).await.unwrap().into_iter().map(|key| key.name).collect();
            left.sort_by(|one, other| one.as_str().cmp(other.as_str()));
            assert_eq!(left.iter().map(KeyName::as_str).collect::<Vec<_>>(), ["eternal", "young"]);
        }

        async fn keys_go_with_their_account() {
            let bob = world.sign_up("bob@example.org").await.unwrap();
            let wish = new(&world, &bob, "ci");
            let hash = wish.hash;
            create(&world, &bob, wish).await.unwrap();
            world.clock.advance(8 * DAY);
            let now = world.ambient.now();
            let expiry = Expiry { now, unverified_before: now.minus(7 * DAY), closures_before: now.minus(HOUR) };
            assert_eq!(world.directory.sweep(expiry).await.unwrap().accounts, 1);
            assert_eq!(resolve(&world, hash).await, None);
        }
    }
}
