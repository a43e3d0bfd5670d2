//! Accounts that close: for a while or for good, with one closing for all that is open, and an admin left.

use std::time::Duration;

use futures::future::{join, join_all};
use kit::{ErrorCode, UserId};
use testkit::contract;

use super::{HASH, HOUR, World, acting};
use crate::domain::{Purpose, Settlement, Wish, Worker};
use crate::ports::Expiry;

async fn resume(world: &World, user: UserId) -> Option<crate::domain::User> {
    let act = acting("user.resume", Some(user));
    world.settlements.resume(user, world.ambient.now(), act).await.unwrap()
}

async fn work(world: &World) -> Vec<Settlement> {
    world.settlements.open_work(None, 100).await.unwrap()
}

/// The work on one account, taken for no time.
async fn work_on(world: &World, user: UserId) -> Option<Settlement> {
    take(world, user, 1, Duration::ZERO).await
}

async fn take(world: &World, user: UserId, worker: u8, life: Duration) -> Option<Settlement> {
    world.settlements.claim(user, Worker([worker; 16]), life).await.unwrap()
}

async fn erase(world: &World, settlement: Settlement) -> bool {
    world.settlements.erase(settlement).await.unwrap()
}

contract! {
    pub fn settlements(world: World) {
        async fn a_suspended_account_opens_nothing_until_it_is_resumed() {
            let (_, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            let session = world.logged_in(bob.id, "one").await;
            let suspended = world.suspend(bob.id).await.unwrap().unwrap();
            assert!(suspended.suspended && suspended.revision == bob.revision + 1);
            assert!(!world.is_open(bob.id, session).await);
            assert_eq!(world.reasons().await, [(true, "suspended".to_owned())]);
            assert_eq!(world.open(bob.id, HASH, "two").await.unwrap_err().code, ErrorCode::AccountSuspended);
            assert_eq!(world.open(bob.id, "$another", "two").await.unwrap(), None);
            assert!(!resume(&world, bob.id).await.unwrap().suspended);
            world.logged_in(bob.id, "three").await;
        }

        async fn suspending_twice_is_once_and_so_is_resuming() {
            let (_, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            let once = world.suspend(bob.id).await.unwrap();
            assert_eq!(world.suspend(bob.id).await.unwrap(), once);
            assert_eq!(world.reasons().await.len(), 1);
            let resumed = resume(&world, bob.id).await;
            assert_eq!(resume(&world, bob.id).await, resumed);
            let nobody = UserId::mint(&world.ambient);
            assert_eq!(world.suspend(nobody).await.unwrap(), None);
            assert_eq!(resume(&world, nobody).await, None);
        }

        async fn the_last_admin_is_neither_suspended_nor_deleted() {
            let (ada, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            assert_eq!(world.suspend(ada.id).await.unwrap_err().code, ErrorCode::LastAdmin);
            assert_eq!(world.leave(ada.id).await.unwrap_err().code, ErrorCode::LastAdmin);
            world.set_admin(bob.id, true).await.unwrap();
            world.suspend(bob.id).await.unwrap();
            // A suspended admin is none to rely on.
            assert_eq!(world.leave(ada.id).await.unwrap_err().code, ErrorCode::LastAdmin);
            assert_eq!(world.set_admin(ada.id, false).await.unwrap_err().code, ErrorCode::LastAdmin);
            resume(&world, bob.id).await;
            assert!(world.leave(ada.id).await.unwrap());
            assert_eq!(world.suspend(bob.id).await.unwrap_err().code, ErrorCode::LastAdmin);
        }

        async fn two_admins_who_suspend_each_other_at_once_leave_one() {
            let (ada, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            world.set_admin(bob.id, true).await.unwrap();
            let (one, other) = join(world.suspend(ada.id), world.suspend(bob.id)).await;
            assert_ne!(one.is_ok(), other.is_ok());
        }

        async fn the_work_of_a_suspension_ends_when_it_is_done_or_lifted() {
            let (_, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            world.suspend(bob.id).await.unwrap();
            let expected = Settlement { user: bob.id, tenant: bob.tenant, wish: Wish::Stopped, actor: bob.id, asked_at: world.ambient.now() };
            assert_eq!(work(&world).await, [expected]);
            assert!(!erase(&world, expected).await, "who is not going is not erased");
            assert_eq!(work_on(&world, bob.id).await, Some(expected));
            world.settlements.stopped(expected).await.unwrap();
            assert_eq!((work(&world).await, work_on(&world, bob.id).await), (vec![], None));
            resume(&world, bob.id).await;
            world.suspend(bob.id).await.unwrap();
            resume(&world, bob.id).await;
            assert_eq!(work(&world).await, []);
        }

        async fn the_end_of_one_suspension_leaves_the_work_of_the_next() {
            let (_, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            world.suspend(bob.id).await.unwrap();
            let first = work(&world).await[0];
            resume(&world, bob.id).await;
            assert_eq!(work_on(&world, bob.id).await, None);
            world.clock.advance(HOUR);
            world.suspend(bob.id).await.unwrap();
            world.settlements.stopped(first).await.unwrap();
            let second = Settlement { asked_at: world.ambient.now(), ..first };
            assert_eq!(work(&world).await, [second]);
        }

        async fn the_codes_of_a_suspended_account_are_void_and_it_gets_no_more() {
            let (_, bob) = (world.verified("ada@example.org").await, world.sign_up("bob@example.org").await.unwrap());
            world.suspend(bob.id).await.unwrap();
            assert_eq!(world.verify("bob@example.org", "111111", 1).await, None);
            world.clock.advance(HOUR);
            world.send("bob@example.org", Purpose::Reset, "333333").await.unwrap();
            assert!(!world.reset("bob@example.org", "333333", "$new").await);
            resume(&world, bob.id).await;
            assert!(!world.reset("bob@example.org", "333333", "$new").await);
            assert_eq!(world.verify("bob@example.org", "111111", 1).await, None);
        }

        async fn a_suspended_account_keeps_its_address_and_is_not_swept_though_unverified() {
            let (_, bob) = (world.verified("ada@example.org").await, world.sign_up("bob@example.org").await.unwrap());
            world.suspend(bob.id).await.unwrap();
            world.clock.advance(super::DAY * 8);
            let now = world.ambient.now();
            assert!(!world.accounts.is_free(&bob.email, now).await.unwrap());
            assert_eq!(world.sign_up("bob@example.org").await.unwrap_err().code, ErrorCode::EmailTaken);
            let expiry = Expiry { now, unverified_before: now.minus(super::DAY * 7), closures_before: now };
            assert_eq!(world.directory.sweep(expiry).await.unwrap().accounts, 0);
            assert!(world.accounts.find(bob.id).await.unwrap().is_some());
        }

        async fn a_departure_closes_at_once_and_keeps_the_address_until_the_end() {
            let (_, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            let session = world.logged_in(bob.id, "one").await;
            assert!(world.leave(bob.id).await.unwrap() && world.leave(bob.id).await.unwrap());
            assert!(!world.is_open(bob.id, session).await);
            assert_eq!(world.reasons().await, [(true, "deleted".to_owned())]);
            assert_eq!(world.open(bob.id, HASH, "two").await.unwrap(), None);
            world.clock.advance(super::DAY * 8);
            assert_eq!(world.sign_up("bob@example.org").await.unwrap_err().code, ErrorCode::EmailTaken);
            let going = work(&world).await;
            assert_eq!(going.iter().map(|work| (work.user, work.wish)).collect::<Vec<_>>(), [(bob.id, Wish::Removed)]);
            // Word of an older suspension changes nothing.
            world.settlements.stopped(Settlement { wish: Wish::Stopped, ..going[0] }).await.unwrap();
            assert_eq!(work(&world).await, going);
            assert!(erase(&world, going[0]).await && !erase(&world, going[0]).await);
            assert_eq!(work(&world).await, []);
            assert_eq!(world.accounts.find(bob.id).await.unwrap(), None);
            assert!(world.sign_up("bob@example.org").await.is_ok());
            assert!(!world.leave(UserId::mint(&world.ambient)).await.unwrap());
        }

        async fn who_goes_takes_no_more_changes() {
            let (_, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            world.suspend(bob.id).await.unwrap();
            world.leave(bob.id).await.unwrap();
            assert_eq!(work(&world).await.iter().map(|work| work.wish).collect::<Vec<_>>(), [Wish::Removed]);
            assert_eq!(world.suspend(bob.id).await.unwrap(), None);
            assert_eq!(resume(&world, bob.id).await, None);
            assert_eq!(world.set_admin(bob.id, true).await.unwrap(), None);
        }

        async fn work_is_one_workers_until_it_gives_it_back_or_its_time_is_over() {
            let (_, bob) = (world.verified("ada@example.org").await, world.verified("bob@example.org").await);
            world.suspend(bob.id).await.unwrap();
            let all = join_all((1..=10).map(|worker| take(&world, bob.id, worker, HOUR))).await;
            assert_eq!(all.iter().flatten().count(), 1);
            let first = all.iter().position(Option::is_some).unwrap() as u8 + 1;
            let stranger = first + 10;
            world.settlements.release(bob.id, Worker([stranger; 16])).await.unwrap();
            assert_eq!(take(&world, bob.id, stranger, HOUR).await, None, "it is not a stranger's to give back");
            assert!(take(&world, bob.id, first, HOUR).await.is_some(), "one's own can be taken for longer");
            world.settlements.release(bob.id, Worker([first; 16])).await.unwrap();
            assert!(take(&world, bob.id, stranger, Duration::ZERO).await.is_some());
            assert!(take(&world, bob.id, first, HOUR).await.is_some(), "the stranger's time is over");
            assert_eq!(work(&world).await.len(), 1, "who looks sees it all the same");
        }

        async fn work_is_told_a_piece_at_a_time() {
            world.verified("ada@example.org").await;
            for n in 0..5 {
                let user = world.verified(&format!("u{n}@example.org")).await;
                world.suspend(user.id).await.unwrap();
            }
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let piece = world.settlements.open_work(after, 2).await.unwrap();
                let Some(last) = piece.last() else { break };
                after = Some(last.user);
                found.extend(piece);
            }
            assert_eq!(found, work(&world).await);
            assert_eq!(found.len(), 5);
        }
    }
}
