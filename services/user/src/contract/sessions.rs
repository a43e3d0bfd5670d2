//! Sessions: a token works once, a closed session stays closed, nobody touches another's.

use std::time::Duration;

use futures::future::join_all;
use kit::{SessionId, UserId};
use testkit::contract;

use super::{DAY, HOUR, World, acting};
use crate::domain::{MOST_SESSIONS, Reason, Rotation};

async fn rotate(world: &World, presented: &str, next: &str) -> Rotation {
    let hash = world.token(presented).hash;
    let act = acting("user.refresh_reuse", None);
    world.sessions.rotate(hash, world.token(next), world.ambient.now(), act).await.unwrap()
}

async fn close(world: &World, user: UserId, session: SessionId) -> bool {
    let act = acting("user.logout", Some(user));
    world.sessions.close(user, session, Reason::Logout, world.ambient.now(), act).await.unwrap()
}

async fn reasons(world: &World) -> Vec<String> {
    world.reasons().await.into_iter().map(|(_, reason)| reason).collect()
}

contract! {
    pub fn session_store(world: World) {
        async fn a_login_opens_a_session_of_the_user_as_they_are() {
            let ada = world.verified("ada@example.org").await;
            let session = world.logged_in(ada.id, "one").await;
            let bearer = world.sessions.bearer(ada.id, session, world.ambient.now()).await.unwrap();
            assert_eq!(bearer, Some(ada));
        }

        async fn a_password_that_changed_meanwhile_opens_nothing() {
            let ada = world.verified("ada@example.org").await;
            assert_eq!(world.open(ada.id, "$another", "one").await.unwrap(), None);
            assert!(world.sessions.list(ada.id, world.ambient.now()).await.unwrap().is_empty());
        }

        async fn a_session_belongs_to_its_user() {
            let (ada, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            let session = world.logged_in(ada.id, "one").await;
            assert!(!world.is_open(bob.id, session).await);
            assert!(!close(&world, bob.id, session).await);
            assert!(world.is_open(ada.id, session).await);
            assert!(world.sessions.list(bob.id, world.ambient.now()).await.unwrap().is_empty());
        }

        async fn a_closed_session_stays_closed() {
            let ada = world.verified("ada@example.org").await;
            let session = world.logged_in(ada.id, "one").await;
            assert!(close(&world, ada.id, session).await);
            assert!(!world.is_open(ada.id, session).await);
            assert!(!close(&world, ada.id, session).await);
            assert_eq!(rotate(&world, "one", "two").await, Rotation::Unknown);
            assert_eq!(reasons(&world).await, ["logout"]);
        }

        async fn a_refresh_token_gives_the_next() {
            let ada = world.verified("ada@example.org").await;
            let session = world.logged_in(ada.id, "one").await;
            assert_eq!(rotate(&world, "one", "two").await, Rotation::Renewed(Box::new(ada.clone()), session));
            assert_eq!(rotate(&world, "two", "three").await, Rotation::Renewed(Box::new(ada), session));
            assert_eq!(rotate(&world, "nobody's", "four").await, Rotation::Unknown);
        }

        async fn a_token_used_twice_closes_its_session() {
            let ada = world.verified("ada@example.org").await;
            let (session, other) = (world.logged_in(ada.id, "one").await, world.logged_in(ada.id, "other").await);
            rotate(&world, "one", "two").await;
            assert_eq!(rotate(&world, "one", "three").await, Rotation::Reused(ada.id, session));
            assert!(!world.is_open(ada.id, session).await && world.is_open(ada.id, other).await);
            assert_eq!(rotate(&world, "two", "four").await, Rotation::Unknown);
            assert_eq!(reasons(&world).await, ["refresh_token_reused"]);
        }

        async fn of_ten_parallel_exchanges_one_wins_at_most() {
            let ada = world.verified("ada@example.org").await;
            let session = world.logged_in(ada.id, "one").await;
            let next: Vec<String> = (0..10).map(|n| format!("next {n}")).collect();
            let all = join_all(next.iter().map(|next| rotate(&world, "one", next))).await;
            assert_eq!(all.iter().filter(|rotation| matches!(rotation, Rotation::Renewed(..))).count(), 1);
            assert!(!world.is_open(ada.id, session).await);
        }

        async fn a_session_ends_thirty_days_after_its_last_use() {
            let ada = world.verified("ada@example.org").await;
            let session = world.logged_in(ada.id, "one").await;
            world.clock.advance(20 * DAY);
            rotate(&world, "one", "two").await;
            world.clock.advance(20 * DAY);
            assert!(world.is_open(ada.id, session).await);
            world.clock.advance(10 * DAY);
            assert!(!world.is_open(ada.id, session).await);
            assert_eq!(rotate(&world, "two", "three").await, Rotation::Unknown);
        }

        async fn a_login_too_many_closes_the_oldest() {
            let (ada, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            let other = world.logged_in(bob.id, "bob's").await;
            let mut sessions = Vec::new();
            for n in 0..MOST_SESSIONS + 2 {
                world.clock.advance(Duration::from_secs(1));
                sessions.push(world.logged_in(ada.id, &n.to_string()).await);
            }
            let mut listed = world.sessions.list(ada.id, world.ambient.now()).await.unwrap();
            listed.reverse();
            assert_eq!(listed.iter().map(|session| session.id).collect::<Vec<_>>(), sessions[2..]);
            for gone in &sessions[..2] {
                assert!(!world.is_open(ada.id, *gone).await);
            }
            assert_eq!(rotate(&world, "0", "next").await, Rotation::Unknown);
            assert!(world.is_open(bob.id, other).await);
            assert_eq!(reasons(&world).await, ["revoked", "revoked"]);
        }

        async fn the_list_shows_open_ones_newest_first() {
            let ada = world.verified("ada@example.org").await;
            let first = world.logged_in(ada.id, "one").await;
            world.clock.advance(HOUR);
            let second = world.logged_in(ada.id, "two").await;
            world.clock.advance(HOUR);
            rotate(&world, "one", "three").await;
            let listed = world.sessions.list(ada.id, world.ambient.now()).await.unwrap();
            assert_eq!(listed.iter().map(|session| session.id).collect::<Vec<_>>(), [second, first]);
            assert_eq!((listed[0].address.as_str(), listed[0].agent.as_str()), ("192.0.2.1", "test/1"));
            assert_eq!(listed[1].last_used_at, world.ambient.now());
            close(&world, ada.id, second).await;
            let listed = world.sessions.list(ada.id, world.ambient.now()).await.unwrap();
            assert_eq!(listed.iter().map(|session| session.id).collect::<Vec<_>>(), [first]);
        }
    }
}
