//! Codes: right ones work once, wrong ones count, and nobody learns who has an account.

use std::time::Duration;

use futures::future::join_all;
use kit::SessionId;
use testkit::contract;

use super::{HOUR, World, acting};
use crate::domain::{Attempt, Purpose};

const MINUTE: Duration = Duration::from_secs(60);

contract! {
    pub fn code_store(world: World) {
        async fn of_a_hundred_right_answers_one_wins() {
            world.sign_up("ada@example.org").await.unwrap();
            let all = join_all((0..100).map(|host| world.verify("ada@example.org", "111111", host))).await;
            let won: Vec<_> = all.into_iter().flatten().collect();
            assert_eq!(won.len(), 1);
            assert!(won[0].verified && won[0].revision == 2);
            assert_eq!(world.accounts.find(won[0].id).await.unwrap().as_ref(), won.first());
        }

        async fn a_wrong_code_verifies_nobody() {
            let ada = world.sign_up("ada@example.org").await.unwrap();
            assert_eq!(world.verify("ada@example.org", "222222", 1).await, None);
            assert!(!world.accounts.find(ada.id).await.unwrap().unwrap().verified);
            assert!(world.verify("ada@example.org", "111111", 1).await.is_some());
        }

        async fn a_code_is_void_after_ten_minutes() {
            world.sign_up("ada@example.org").await.unwrap();
            world.clock.advance(10 * MINUTE);
            assert_eq!(world.verify("ada@example.org", "111111", 1).await, None);
        }

        async fn an_address_has_five_tries() {
            world.sign_up("ada@example.org").await.unwrap();
            for _ in 0..5 {
                world.verify("ada@example.org", "222222", 1).await;
            }
            assert_eq!(world.verify("ada@example.org", "111111", 1).await, None);
            assert!(world.verify("ada@example.org", "111111", 2).await.is_some());
        }

        async fn a_household_has_five_tries_however_many_addresses_it_has() {
            world.sign_up("ada@example.org").await.unwrap();
            let from = |digits: &str, text: String| {
                Attempt { from: text.parse().expect("an address"), ..world.attempt("ada@example.org", Purpose::Verify, digits, 1) }
            };
            for host in 0..5 {
                world.try_code(from("222222", format!("2001:db8::{host:x}"))).await.unwrap();
            }
            assert_eq!(world.try_code(from("111111", "2001:db8::1:0:0:1".to_owned())).await.unwrap(), None);
            assert!(world.try_code(from("111111", "2001:db8:0:1::1".to_owned())).await.unwrap().is_some());
        }

        async fn all_addresses_have_twenty_five_tries_also_at_once() {
            world.sign_up("ada@example.org").await.unwrap();
            join_all((0..25).map(|host| world.verify("ada@example.org", "222222", host))).await;
            assert_eq!(world.verify("ada@example.org", "111111", 200).await, None);
        }

        async fn a_new_code_replaces_the_old_with_new_tries() {
            world.sign_up("ada@example.org").await.unwrap();
            for _ in 0..5 {
                world.verify("ada@example.org", "222222", 1).await;
            }
            world.clock.advance(MINUTE);
            world.send("ada@example.org", Purpose::Verify, "333333").await.unwrap();
            assert_eq!(world.verify("ada@example.org", "111111", 1).await, None);
            assert!(world.verify("ada@example.org", "333333", 1).await.is_some());
        }

        async fn who_is_verified_gets_no_second_verification() {
            world.verified("ada@example.org").await;
            world.clock.advance(HOUR);
            world.send("ada@example.org", Purpose::Verify, "333333").await.unwrap();
            assert_eq!(world.verify("ada@example.org", "333333", 1).await, None);
        }

        async fn a_reset_sets_the_password_and_closes_every_session() {
            let ada = world.verified("ada@example.org").await;
            let sessions = [world.logged_in(ada.id, "one").await, world.logged_in(ada.id, "two").await];
            world.clock.advance(HOUR);
            world.send("ada@example.org", Purpose::Reset, "333333").await.unwrap();
            assert!(!world.reset("ada@example.org", "444444", "$new").await);
            assert!(world.is_open(ada.id, sessions[0]).await);
            assert!(world.reset("ada@example.org", "333333", "$new").await);
            assert!(!world.is_open(ada.id, sessions[0]).await && !world.is_open(ada.id, sessions[1]).await);
            assert_eq!(world.accounts.credentials(&ada.email).await.unwrap().unwrap().password_hash, "$new");
            assert_eq!(world.accounts.find(ada.id).await.unwrap().unwrap().revision, 3);
            assert!(!world.reset("ada@example.org", "333333", "$other").await);
        }

        async fn a_reset_revokes_every_key() {
            let ada = world.verified("ada@example.org").await;
            let act = acting("user.api_key_create", None);
            let key = world.api_keys.create(ada.id, super::api_keys::new(&world, &ada, "ci"), act).await.unwrap();
            world.clock.advance(HOUR);
            world.send("ada@example.org", Purpose::Reset, "333333").await.unwrap();
            assert!(world.reset("ada@example.org", "333333", "$new").await);
            assert_eq!(world.api_keys.list(ada.id).await.unwrap(), []);
            let closed = world.directory.closed_since(0, world.ambient.now().minus(HOUR), 10).await.unwrap();
            let closed: Vec<_> = closed.into_iter().map(|closure| (closure.session, closure.reason)).collect();
            assert_eq!(closed, [(Some(SessionId::from_uuid(key.id.as_uuid())), "password_changed".to_owned())]);
        }

        async fn a_code_is_good_for_its_purpose_only() {
            world.sign_up("ada@example.org").await.unwrap();
            assert!(!world.reset("ada@example.org", "111111", "$new").await);
            world.clock.advance(HOUR);
            world.send("ada@example.org", Purpose::Reset, "333333").await.unwrap();
            assert_eq!(world.verify("ada@example.org", "333333", 1).await, None);
        }
    }
}
