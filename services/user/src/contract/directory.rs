//! Across users: the last admin stays, closings are told in order, what has had its time goes.

use std::time::Duration;

use futures::future::join;
use kit::{ErrorCode, SessionId, UserId};
use testkit::contract;

use super::{DAY, HOUR, World, acting};
use crate::domain::{Purpose, Reason, Rotation};
use crate::ports::{Expiry, Swept};

async fn close(world: &World, user: UserId, session: SessionId) {
    let act = acting("user.session_close", Some(user));
    assert!(world.sessions.close(user, session, Reason::Revoked, world.ambient.now(), act).await.unwrap());
}

async fn sweep(world: &World) -> Swept {
    let now = world.ambient.now();
    let expiry = Expiry { now, unverified_before: now.minus(7 * DAY), closures_before: now.minus(HOUR) };
    world.directory.sweep(expiry).await.unwrap()
}

contract! {
    pub fn directory(world: World) {
        async fn the_last_admin_stays() {
            let (ada, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            assert_eq!(world.set_admin(ada.id, false).await.unwrap_err().code, ErrorCode::LastAdmin);
            assert!(world.directory.find_any(ada.id).await.unwrap().unwrap().admin);
            assert!(world.set_admin(bob.id, true).await.unwrap().unwrap().admin);
            assert!(!world.set_admin(ada.id, false).await.unwrap().unwrap().admin);
        }

        async fn two_admins_who_leave_at_once_leave_one() {
            let (ada, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            world.set_admin(bob.id, true).await.unwrap();
            let (one, other) = join(world.set_admin(ada.id, false), world.set_admin(bob.id, false)).await;
            assert_ne!(one.is_ok(), other.is_ok());
        }

        async fn an_unverified_admin_is_no_admin_to_rely_on() {
            let (ada, bob) = (world.verified("ada@example.org").await, world.sign_up("bob@example.org").await.unwrap());
            world.set_admin(bob.id, true).await.unwrap();
            assert_eq!(world.set_admin(ada.id, false).await.unwrap_err().code, ErrorCode::LastAdmin);
        }

        async fn making_an_admin_twice_is_once() {
            let (_, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            let once = world.set_admin(bob.id, true).await.unwrap();
            assert_eq!(world.set_admin(bob.id, true).await.unwrap(), once);
            assert_eq!(once.unwrap().revision, bob.revision + 1);
            assert_eq!(world.set_admin(UserId::mint(&world.ambient), true).await.unwrap(), None);
        }

        async fn what_an_admin_has_open_ends_with_the_right() {
            let (ada, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            let (adas, bobs) = (world.logged_in(ada.id, "one").await, world.logged_in(bob.id, "two").await);
            world.set_admin(bob.id, true).await.unwrap();
            assert!(world.is_open(bob.id, bobs).await, "nothing is taken from who gains a right");
            world.set_admin(ada.id, false).await.unwrap();
            assert!(!world.is_open(ada.id, adas).await && world.is_open(bob.id, bobs).await);
            let closed = world.directory.closed_since(0, world.ambient.now().minus(HOUR), 100).await.unwrap();
            assert!(closed.iter().any(|closure| closure.user == ada.id && closure.session.is_none()));
        }

        async fn closings_are_told_in_order_and_from_a_cursor() {
            let ada = world.verified("ada@example.org").await;
            let mut sessions = Vec::new();
            for token in ["one", "two", "three"] {
                let session = world.logged_in(ada.id, token).await;
                close(&world, ada.id, session).await;
                sessions.push(Some(session));
            }
            let since = world.ambient.now().minus(HOUR);
            let all = world.directory.closed_since(0, since, 100).await.unwrap();
            assert_eq!(all.iter().map(|closure| closure.session).collect::<Vec<_>>(), sessions);
            assert!(all.iter().all(|closure| closure.user == ada.id && closure.reason == "revoked"));
            let two = world.directory.closed_since(0, since, 2).await.unwrap();
            assert_eq!(two, all[..2]);
            assert_eq!(world.directory.closed_since(all[0].cursor, since, 100).await.unwrap(), all[1..]);
            assert_eq!(world.directory.closed_since(all[2].cursor, since, 100).await.unwrap(), []);
        }

        async fn a_reader_without_a_cursor_hears_only_what_can_matter() {
            let ada = world.verified("ada@example.org").await;
            let session = world.logged_in(ada.id, "one").await;
            close(&world, ada.id, session).await;
            world.clock.advance(2 * HOUR);
            let since = world.ambient.now().minus(HOUR);
            assert_eq!(world.directory.closed_since(0, since, 100).await.unwrap(), []);
        }

        async fn unverified_accounts_go_after_a_week_and_others_stay() {
            let ada = world.verified("ada@example.org").await;
            let bob = world.sign_up("bob@example.org").await.unwrap();
            let session = world.logged_in(bob.id, "one").await;
            world.clock.advance(167 * HOUR);
            assert_eq!(sweep(&world).await.accounts, 0);
            world.clock.advance(HOUR);
            assert_eq!(sweep(&world).await.accounts, 1);
            assert_eq!(world.directory.find_any(bob.id).await.unwrap(), None);
            assert_eq!(world.directory.find_any(ada.id).await.unwrap(), Some(ada));
            assert!(!world.is_open(bob.id, session).await);
            let closed = world.directory.closed_since(0, world.ambient.now().minus(HOUR), 100).await.unwrap();
            assert!(closed.iter().any(|closure| closure.session.is_none() && closure.reason == "deleted"));
        }

        async fn a_sweep_comes_to_an_end_and_leaves_what_lives() {
            let ada = world.verified("ada@example.org").await;
            let old = world.logged_in(ada.id, "one").await;
            world.clock.advance(31 * DAY);
            let young = world.logged_in(ada.id, "two").await;
            world.send("ada@example.org", Purpose::Reset, "333333").await.unwrap();
            assert!(sweep(&world).await.rows > 0);
            assert_eq!(sweep(&world).await, Swept::default());
            assert!(!world.is_open(ada.id, old).await && world.is_open(ada.id, young).await);
            assert!(world.reset("ada@example.org", "333333", "$new").await);
        }

        async fn an_account_closes_no_earlier_than_its_last_token_whatever_the_clock_of_who_closes_it() {
            let (_, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            world.logged_in(bob.id, "one").await;
            let ahead = world.ambient.now().plus(Duration::from_secs(2));
            let rotated = world.sessions.rotate(world.token("one").hash, world.token("two"), ahead, acting("user.refresh", None)).await;
            assert!(matches!(rotated.unwrap(), Rotation::Renewed(..)));
            world.suspend(bob.id).await.unwrap();
            let closed = world.directory.closed_since(0, world.ambient.now().minus(HOUR), 10).await.unwrap();
            assert_eq!(closed.iter().map(|closure| closure.at).collect::<Vec<_>>(), [ahead]);
        }
    }
}
