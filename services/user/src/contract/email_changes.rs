//! Another address: who asks proves the password, who proves has the address, and nobody takes what is another's.

use std::time::Duration;

use futures::future::join_all;
use kit::{ErrorCode, Failure, UserId};
use testkit::contract;

use super::{DAY, HASH, HOUR, World, acting, email};
use crate::domain::{Purpose, User};

async fn ask(world: &World, user: UserId, new: &str, digits: &str) -> Result<bool, Failure> {
    let known = world.known(user, HASH).await;
    let (code, yields) = (world.code(new, Purpose::Email, digits), world.account(new).yields_before);
    world.email_changes.ask(known, email(new), code, yields).await
}

async fn prove(world: &World, new: &str, digits: &str, host: u8) -> Result<Option<User>, Failure> {
    let (attempt, yields) = (world.attempt(new, Purpose::Email, digits, host), world.account(new).yields_before);
    world.email_changes.prove(attempt, World::rules(), yields, acting("user.email_change", None)).await
}

contract! {
    pub fn email_changes(world: World) {
        async fn the_right_code_changes_the_address_once() {
            let ada = world.verified("ada@example.org").await;
            assert!(ask(&world, ada.id, "countess@example.org", "333333").await.unwrap());
            assert_eq!(world.accounts.find(ada.id).await.unwrap().unwrap().email, ada.email);
            let all = join_all((0..20).map(|host| prove(&world, "countess@example.org", "333333", host))).await;
            let won: Vec<User> = all.into_iter().filter_map(Result::unwrap).collect();
            assert_eq!(won.len(), 1);
            assert_eq!((won[0].id, won[0].email.as_str(), won[0].revision), (ada.id, "countess@example.org", 3));
            assert!(won[0].verified);
            assert!(world.accounts.credentials(&ada.email).await.unwrap().is_none());
        }

        async fn a_password_that_changed_meanwhile_asks_for_nothing() {
            let ada = world.verified("ada@example.org").await;
            let known = world.known(ada.id, "$another").await;
            let (new, yields) = ("countess@example.org", world.account("countess@example.org").yields_before);
            let code = world.code(new, Purpose::Email, "333333");
            let asked = world.email_changes.ask(known, email(new), code, yields).await.unwrap();
            assert!(!asked);
            assert_eq!(prove(&world, new, "333333", 1).await.unwrap(), None);
        }

        async fn a_taken_address_gets_no_code_and_nobody_is_told() {
            let (ada, _) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            world.sign_up("eve@example.org").await.unwrap();
            for taken in ["bob@example.org", "eve@example.org"] {
                assert!(ask(&world, ada.id, taken, "333333").await.unwrap());
                assert_eq!(prove(&world, taken, "333333", 1).await.unwrap(), None);
            }
        }

        async fn an_address_that_somebody_has_by_now_is_refused_and_the_code_stays() {
            let ada = world.verified("ada@example.org").await;
            ask(&world, ada.id, "countess@example.org", "333333").await.unwrap();
            world.sign_up("countess@example.org").await.unwrap();
            for _ in 0..2 {
                let refused = prove(&world, "countess@example.org", "333333", 1).await.unwrap_err();
                assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::EmailTaken, Some("email")));
            }
            assert_eq!(world.accounts.find(ada.id).await.unwrap(), Some(ada));
        }

        async fn an_address_that_nobody_proved_in_time_is_free() {
            let ada = world.verified("ada@example.org").await;
            let squatter = world.sign_up("countess@example.org").await.unwrap();
            world.clock.advance(DAY);
            assert!(ask(&world, ada.id, "countess@example.org", "333333").await.unwrap());
            assert_eq!(prove(&world, "countess@example.org", "333333", 1).await.unwrap().unwrap().id, ada.id);
            assert_eq!(world.accounts.find(squatter.id).await.unwrap(), None);
        }

        async fn of_two_who_ask_for_an_address_each_has_their_own_code() {
            let (ada, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            ask(&world, ada.id, "both@example.org", "333333").await.unwrap();
            world.clock.advance(Duration::from_secs(60));
            ask(&world, bob.id, "both@example.org", "444444").await.unwrap();
            assert_eq!(prove(&world, "both@example.org", "444444", 1).await.unwrap().unwrap().id, bob.id);
            assert_eq!(prove(&world, "both@example.org", "333333", 2).await.unwrap_err().code, ErrorCode::EmailTaken);
        }

        async fn wrong_codes_are_counted() {
            let ada = world.verified("ada@example.org").await;
            ask(&world, ada.id, "countess@example.org", "333333").await.unwrap();
            for _ in 0..5 {
                assert_eq!(prove(&world, "countess@example.org", "222222", 1).await.unwrap(), None);
            }
            assert_eq!(prove(&world, "countess@example.org", "333333", 1).await.unwrap(), None);
            assert!(prove(&world, "countess@example.org", "333333", 2).await.unwrap().is_some());
        }

        async fn another_wish_replaces_the_last_one() {
            let ada = world.verified("ada@example.org").await;
            ask(&world, ada.id, "one@example.org", "333333").await.unwrap();
            ask(&world, ada.id, "two@example.org", "444444").await.unwrap();
            assert_eq!(prove(&world, "one@example.org", "333333", 1).await.unwrap(), None);
            assert!(prove(&world, "two@example.org", "444444", 1).await.unwrap().is_some());
        }

        async fn a_new_address_is_a_proven_one_also_for_who_came_by_text() {
            let ada = world.verified_by_text("ada@example.org", "+4915112345678").await;
            let session = world.logged_in(ada.id, "one").await;
            ask(&world, ada.id, "countess@example.org", "333333").await.unwrap();
            let changed = prove(&world, "countess@example.org", "333333", 1).await.unwrap().unwrap();
            assert!(!changed.email_unproven && changed.profile.phone_number.is_none());
            assert!(!world.is_open(ada.id, session).await);
        }

        async fn a_wish_does_not_outlive_the_password_that_it_was_made_with() {
            let ada = world.verified("ada@example.org").await;
            ask(&world, ada.id, "countess@example.org", "333333").await.unwrap();
            let (known, at) = (world.known(ada.id, HASH).await, world.ambient.now());
            let act = acting("user.password_change", None);
            assert!(world.accounts.change_password(known, "$new".to_owned(), at, act).await.unwrap());
            assert_eq!(prove(&world, "countess@example.org", "333333", 1).await.unwrap(), None);
            let bob = world.verified("bob@example.org").await;
            ask(&world, bob.id, "robert@example.org", "333333").await.unwrap();
            world.clock.advance(Duration::from_secs(60));
            world.send("bob@example.org", Purpose::Reset, "444444").await.unwrap();
            assert!(world.reset("bob@example.org", "444444", "$new").await);
            assert_eq!(prove(&world, "robert@example.org", "333333", 1).await.unwrap(), None);
        }

        async fn codes_of_the_old_address_are_void_afterwards() {
            let ada = world.verified("ada@example.org").await;
            world.clock.advance(HOUR);
            world.send("ada@example.org", Purpose::Reset, "555555").await.unwrap();
            ask(&world, ada.id, "countess@example.org", "333333").await.unwrap();
            prove(&world, "countess@example.org", "333333", 1).await.unwrap();
            assert!(!world.reset("ada@example.org", "555555", "$new").await);
            assert!(!world.reset("countess@example.org", "555555", "$new").await);
        }
    }
}
