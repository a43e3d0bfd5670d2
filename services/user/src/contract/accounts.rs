//! Sign-up and profiles: one account an address, one admin a platform, changes that count.

use futures::future::join_all;
use kit::{ErrorCode, UserId};
use testkit::contract;

use super::{DAY, HOUR, World, acting, email, profile};
use crate::domain::{Changes, NewAccount, Purpose};
use crate::ports::Expiry;

contract! {
    pub fn account_store(world: World) {
        async fn a_sign_up_is_found_again_as_it_was_given() {
            let ada = world.sign_up("ada@example.org").await.unwrap();
            assert_eq!(world.accounts.find(ada.id).await.unwrap().as_ref(), Some(&ada));
            assert_eq!((&ada.profile, ada.verified, ada.revision), (&profile(), false, 1));
            let credentials = world.accounts.credentials(&ada.email).await.unwrap().unwrap();
            assert_eq!((credentials.user, credentials.tenant), (ada.id, ada.tenant));
            assert_eq!(credentials.password_hash, super::HASH);
            let own = world.accounts.own_credentials(ada.id).await.unwrap().unwrap();
            assert_eq!((own.user, own.password_hash.as_str()), (ada.id, super::HASH));
        }

        async fn a_stranger_is_none() {
            world.sign_up("ada@example.org").await.unwrap();
            assert_eq!(world.accounts.find(UserId::mint(&world.ambient)).await.unwrap(), None);
            assert!(world.accounts.credentials(&email("bob@example.org")).await.unwrap().is_none());
            assert!(world.accounts.own_credentials(UserId::mint(&world.ambient)).await.unwrap().is_none());
        }

        async fn of_fifty_first_sign_ups_one_is_admin() {
            // Who found no connection in time comes again, as they were told.
            let all = (0..50).map(|n| { let world = world.clone(); async move {
                loop {
                    match world.sign_up(&format!("u{n}@example.org")).await {
                        Err(failure) if failure.code == ErrorCode::StoreUnavailable => {}
                        made => return made.unwrap().admin,
                    }
                }
            }});
            assert_eq!(join_all(all).await.into_iter().filter(|admin| *admin).count(), 1);
        }

        async fn of_fifty_sign_ups_for_one_address_one_succeeds() {
            let all = join_all((0..50).map(|_| world.sign_up("ada@example.org"))).await;
            assert_eq!(all.iter().filter(|made| made.is_ok()).count(), 1);
            let refused = all.into_iter().filter_map(Result::err);
            assert!(refused.into_iter().all(|failure| failure.code == ErrorCode::EmailTaken));
        }

        async fn without_the_set_up_code_nobody_is_first() {
            let stranger = NewAccount { may_found: false, ..world.account("eve@example.org") };
            let code = world.code("eve@example.org", Purpose::Verify, "111111");
            let refused = world.accounts.create(stranger.clone(), code.clone(), acting("user.signup", None)).await.unwrap_err();
            assert_eq!(refused.code, ErrorCode::SetupCodeRequired);
            assert_eq!(world.accounts.find(stranger.id).await.unwrap(), None);
            world.sign_up("ada@example.org").await.unwrap();
            assert!(!world.accounts.create(stranger, code, acting("user.signup", None)).await.unwrap().admin);
        }

        async fn an_admin_who_never_verified_is_followed_by_who_may_found() {
            world.sign_up("typo@example.org").await.unwrap();
            world.verified("bob@example.org").await;
            world.clock.advance(8 * DAY);
            let now = world.ambient.now();
            let expiry = Expiry { now, unverified_before: now.minus(7 * DAY), closures_before: now };
            world.directory.sweep(expiry).await.unwrap();
            let stranger = NewAccount { may_found: false, ..world.account("eve@example.org") };
            let code = world.code("eve@example.org", Purpose::Verify, "111111");
            assert!(!world.accounts.create(stranger, code, acting("user.signup", None)).await.unwrap().admin);
            assert!(world.sign_up("ada@example.org").await.unwrap().admin);
        }

        async fn an_unverified_account_makes_way_after_a_day() {
            let old = world.sign_up("ada@example.org").await.unwrap();
            let session = world.logged_in(old.id, "t").await;
            world.clock.advance(23 * HOUR);
            assert_eq!(world.sign_up("ada@example.org").await.unwrap_err().code, ErrorCode::EmailTaken);
            assert!(!world.accounts.is_free(&old.email, world.account("ada@example.org").yields_before).await.unwrap());
            world.clock.advance(HOUR);
            assert!(world.accounts.is_free(&old.email, world.account("ada@example.org").yields_before).await.unwrap());
            let new = world.sign_up("ada@example.org").await.unwrap();
            assert_ne!(new.id, old.id);
            assert_eq!(world.accounts.find(old.id).await.unwrap(), None);
            assert!(!world.is_open(old.id, session).await);
        }

        async fn a_verified_account_keeps_its_address() {
            world.verified("ada@example.org").await;
            world.clock.advance(30 * DAY);
            assert_eq!(world.sign_up("ada@example.org").await.unwrap_err().code, ErrorCode::EmailTaken);
        }

        async fn a_change_counts_once() {
            let ada = world.sign_up("ada@example.org").await.unwrap();
            world.clock.advance(HOUR);
            let changes = Changes { sms_notification: Some(true), ..Changes::default() };
            let changed = world.update(ada.id, changes.clone()).await.unwrap();
            assert!(changed.profile.sms_notification && changed.updated_at > ada.updated_at);
            assert_eq!(changed.revision, 2);
            let again = world.update(ada.id, changes).await;
            assert_eq!(again.as_ref(), Some(&changed));
            assert_eq!(world.accounts.find(ada.id).await.unwrap(), again);
        }

        async fn a_change_of_one_leaves_the_other() {
            let (ada, bob) = (world.sign_up("ada@example.org").await.unwrap(), world.sign_up("bob@example.org").await.unwrap());
            let changes = Changes { email_notification: Some(false), ..Changes::default() };
            world.update(ada.id, changes).await;
            assert_eq!(world.accounts.find(bob.id).await.unwrap(), Some(bob));
        }

        async fn a_new_password_closes_every_session_and_wins_once() {
            let ada = world.verified("ada@example.org").await;
            let sessions = [world.logged_in(ada.id, "one").await, world.logged_in(ada.id, "two").await];
            let known = world.known(ada.id, super::HASH).await;
            let change = |hash: &'static str| {
                let (world, known) = (&world, known.clone());
                async move {
                    let act = acting("user.password_change", None);
                    world.accounts.change_password(known, hash.to_owned(), world.ambient.now(), act).await.unwrap()
                }
            };
            assert!(change("$new").await && !change("$other").await);
            for session in sessions {
                assert!(!world.is_open(ada.id, session).await);
            }
            assert_eq!(world.accounts.own_credentials(ada.id).await.unwrap().unwrap().password_hash, "$new");
            assert_eq!(world.reasons().await, [(false, "password_changed".to_owned()), (false, "password_changed".to_owned())]);
            assert_eq!(world.accounts.find(ada.id).await.unwrap().unwrap().revision, 3);
        }
    }
}
