//! Codes by text: they prove the number too, which then belongs to one account.

use std::time::Duration;

use futures::future::join;
use kit::ErrorCode;
use testkit::contract;

use super::{HASH, HOUR, World, acting};
use crate::domain::{Changes, Edit, Purpose};

const NUMBER: &str = "+4915112345678";

/// Verified by mail, with a number, and a text on its way.
async fn texted(world: &World, address: &str) -> crate::domain::User {
    let user = world.verified(address).await;
    world.set_phone(user.id, Some(NUMBER)).await;
    world.clock.advance(HOUR);
    world.text(address, Purpose::Verify, "333333").await;
    user
}

async fn prove(world: &World, address: &str) -> Result<Option<crate::domain::User>, kit::Failure> {
    let attempt = world.attempt(address, Purpose::Verify, "333333", 1);
    world.codes.verify(attempt, World::rules(), acting("user.verify", None)).await
}

contract! {
    pub fn proven_phones(world: World) {
        async fn a_text_proves_the_number_of_who_is_verified_already() {
            let ada = texted(&world, "ada@example.org").await;
            let proven = prove(&world, "ada@example.org").await.unwrap().unwrap();
            assert!(proven.phone_verified && proven.verified && proven.revision == 4);
            assert_eq!(world.accounts.find(ada.id).await.unwrap(), Some(proven));
            world.clock.advance(HOUR);
            world.text("ada@example.org", Purpose::Verify, "333333").await;
            assert_eq!(prove(&world, "ada@example.org").await.unwrap(), None);
        }

        async fn a_mail_proves_no_number() {
            let ada = world.sign_up("ada@example.org").await.unwrap();
            world.set_phone(ada.id, Some(NUMBER)).await;
            assert!(!world.verify("ada@example.org", "111111", 1).await.unwrap().phone_verified);
        }

        async fn without_a_number_there_is_no_text() {
            world.verified("ada@example.org").await;
            world.clock.advance(HOUR);
            world.text("ada@example.org", Purpose::Verify, "333333").await;
            assert_eq!(prove(&world, "ada@example.org").await.unwrap(), None);
        }

        async fn a_proven_number_belongs_to_one_account() {
            texted(&world, "ada@example.org").await;
            let bob = texted(&world, "bob@example.org").await;
            assert!(prove(&world, "bob@example.org").await.unwrap().unwrap().phone_verified);
            world.clock.advance(HOUR);
            world.text("ada@example.org", Purpose::Verify, "333333").await;
            let refused = prove(&world, "ada@example.org").await.unwrap_err();
            assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::PhoneTaken, Some("phone_number")));
            world.set_phone(bob.id, None).await;
            assert!(prove(&world, "ada@example.org").await.unwrap().unwrap().phone_verified);
        }

        async fn of_two_who_prove_a_number_at_once_one_has_it() {
            world.verified("ada@example.org").await;
            world.verified("bob@example.org").await;
            world.clock.advance(HOUR);
            for address in ["ada@example.org", "bob@example.org"] {
                let user = world.accounts.credentials(&super::email(address)).await.unwrap().unwrap().user;
                world.set_phone(user, Some(NUMBER)).await;
                world.text(address, Purpose::Verify, "333333").await;
                world.clock.advance(Duration::from_secs(60));
            }
            let (one, other) = join(prove(&world, "ada@example.org"), prove(&world, "bob@example.org")).await;
            assert_ne!(one.is_ok(), other.is_ok());
        }

        async fn a_number_that_several_claim_gets_no_more_texts_than_one() {
            for address in ["ada@example.org", "bob@example.org"] {
                let user = world.verified(address).await;
                world.set_phone(user.id, Some(NUMBER)).await;
            }
            world.clock.advance(HOUR);
            world.text("ada@example.org", Purpose::Verify, "333333").await;
            world.text("bob@example.org", Purpose::Verify, "333333").await;
            assert_eq!(prove(&world, "bob@example.org").await.unwrap(), None);
            world.clock.advance(Duration::from_secs(60));
            world.text("bob@example.org", Purpose::Verify, "333333").await;
            assert!(prove(&world, "bob@example.org").await.unwrap().is_some());
        }

        async fn another_number_is_not_proven_and_voids_what_went_to_the_old() {
            let ada = texted(&world, "ada@example.org").await;
            world.set_phone(ada.id, Some("+4915187654321")).await;
            assert_eq!(prove(&world, "ada@example.org").await.unwrap(), None);
            world.clock.advance(HOUR);
            world.text("ada@example.org", Purpose::Verify, "333333").await;
            assert!(prove(&world, "ada@example.org").await.unwrap().unwrap().phone_verified);
            assert!(!world.set_phone(ada.id, None).await.phone_verified);
        }

        async fn only_a_proven_number_resets_the_password() {
            texted(&world, "ada@example.org").await;
            world.clock.advance(HOUR);
            world.text("ada@example.org", Purpose::Reset, "444444").await;
            assert!(!world.reset("ada@example.org", "444444", "$new").await);
            world.clock.advance(HOUR);
            world.text("ada@example.org", Purpose::Verify, "333333").await;
            assert!(prove(&world, "ada@example.org").await.unwrap().unwrap().phone_verified);
            world.clock.advance(HOUR);
            world.text("ada@example.org", Purpose::Reset, "444444").await;
            assert!(world.reset("ada@example.org", "444444", "$new").await);
        }

        async fn a_proven_number_changes_with_the_password_only() {
            let ada = texted(&world, "ada@example.org").await;
            let cleared = Changes { phone_number: Edit::Clear, ..Changes::default() };
            let change = |known| {
                let (at, act) = (world.ambient.now(), acting("user.update", None));
                world.accounts.update(ada.id, cleared.clone(), known, at, act)
            };
            prove(&world, "ada@example.org").await.unwrap();
            let refused = change(None).await.unwrap_err();
            assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::InvalidInput, Some("current_password")));
            assert_eq!(change(Some(world.known(ada.id, "$another").await)).await.unwrap(), None);
            assert!(world.accounts.find(ada.id).await.unwrap().unwrap().phone_verified);
            let changed = change(Some(world.known(ada.id, HASH).await)).await.unwrap().unwrap();
            assert!(changed.profile.phone_number.is_none() && !changed.phone_verified);
            assert!(world.update(ada.id, cleared.clone()).await.is_some(), "there is nothing left to guard");
        }

        async fn a_text_verifies_an_account_whose_address_stays_unproven() {
            let ada = world.verified_by_text("ada@example.org", NUMBER).await;
            assert!(ada.verified && ada.phone_verified && ada.email_unproven);
            assert_eq!(world.accounts.find(ada.id).await.unwrap(), Some(ada));
        }

        async fn the_first_mail_code_takes_the_account_from_who_came_by_text() {
            let ada = world.verified_by_text("ada@example.org", NUMBER).await;
            let session = world.logged_in(ada.id, "one").await;
            world.api_keys.create(ada.id, super::api_keys::new(&world, &ada, "ci"), acting("user.api_key_create", None)).await.unwrap();
            world.clock.advance(HOUR);
            world.send("ada@example.org", Purpose::Verify, "333333").await.unwrap();
            let proven = prove(&world, "ada@example.org").await.unwrap().unwrap();
            assert!(proven.verified && !proven.email_unproven && !proven.phone_verified);
            assert_eq!((proven.profile.phone_number.as_ref(), world.accounts.find(ada.id).await.unwrap()), (None, Some(proven.clone())));
            assert!(!world.is_open(ada.id, session).await);
            assert_eq!(world.api_keys.list(ada.id).await.unwrap(), []);
            assert_eq!(world.reasons().await, [(false, "revoked".to_owned()), (false, "revoked".to_owned())]);
            world.clock.advance(HOUR);
            world.send("ada@example.org", Purpose::Verify, "333333").await.unwrap();
            assert_eq!(prove(&world, "ada@example.org").await.unwrap(), None);
        }

        async fn a_reset_by_mail_proves_the_address_as_well() {
            let ada = world.verified_by_text("ada@example.org", NUMBER).await;
            world.clock.advance(HOUR);
            world.send("ada@example.org", Purpose::Reset, "333333").await.unwrap();
            assert!(world.reset("ada@example.org", "333333", "$new").await);
            let ada = world.accounts.find(ada.id).await.unwrap().unwrap();
            assert!(!ada.email_unproven && ada.profile.phone_number.is_none());
        }

        async fn a_reset_by_text_proves_no_address() {
            let ada = world.verified_by_text("ada@example.org", NUMBER).await;
            world.clock.advance(HOUR);
            world.text("ada@example.org", Purpose::Reset, "333333").await;
            assert!(world.reset("ada@example.org", "333333", "$new").await);
            let ada = world.accounts.find(ada.id).await.unwrap().unwrap();
            assert!(ada.email_unproven && ada.phone_verified);
        }
    }
}
