//! Account and directory stores with one rule broken each, to prove that the cases of their suites can fail.

use std::sync::Arc;

use async_trait::async_trait;
use kit::{Act, ErrorCode, Failure, Page, PageRequest, Timestamp, UserId};
use testkit::contract::fails;

use super::World;
use super::tests::world;
use crate::domain::{Changes, Closure, Credentials, Email, Filter, Listing, NewAccount, NewCode, User};
use crate::ports::{AccountStore, Directory, Expiry, Swept};

/// What is wrong with a store that is otherwise right.
#[derive(Clone, Copy)]
enum Wrong {
    /// Takes every sign-up for one that may found the platform.
    Open,
    /// Gives every unverified account's address away at once.
    Hasty,
    /// Makes everybody an admin.
    Generous,
    /// Changes nothing.
    Idle,
    /// Takes everybody for who knows the password.
    Trusting,
}

struct WrongAccounts(Wrong, World);

#[async_trait]
impl AccountStore for WrongAccounts {
    async fn is_free(&self, email: &Email, yields_before: Timestamp) -> Result<bool, Failure> {
        self.1.accounts.is_free(email, yields_before).await
    }

    async fn create(&self, new: NewAccount, code: NewCode, act: Act) -> Result<User, Failure> {
        let new = match self.0 {
            Wrong::Open => NewAccount { may_found: true, ..new },
            Wrong::Hasty => NewAccount { yields_before: new.at, ..new },
            Wrong::Generous | Wrong::Idle | Wrong::Trusting => new,
        };
        let again = (new.clone(), code.clone(), act.clone());
        let user = match self.1.accounts.create(new, code, act).await {
            Err(failure) if failure.code == ErrorCode::EmailTaken && matches!(self.0, Wrong::Hasty) => {
                self.1.accounts.create(again.0, again.1, again.2).await?
            }
            made => made?,
        };
        Ok(User { admin: user.admin || matches!(self.0, Wrong::Generous), ..user })
    }

    async fn find(&self, user: UserId) -> Result<Option<User>, Failure> {
        self.1.accounts.find(user).await
    }

    async fn credentials(&self, email: &Email) -> Result<Option<Credentials>, Failure> {
        self.1.accounts.credentials(email).await
    }

    async fn own_credentials(&self, user: UserId) -> Result<Option<Credentials>, Failure> {
        self.1.accounts.own_credentials(user).await
    }

    async fn update(
        &self,
        user: UserId,
        changes: Changes,
        known: Option<Credentials>,
        at: Timestamp,
        act: Act,
    ) -> Result<Option<User>, Failure> {
        match self.0 {
            Wrong::Idle => self.1.accounts.find(user).await,
            Wrong::Trusting => {
                let known = self.1.accounts.own_credentials(user).await?;
                self.1.accounts.update(user, changes, known, at, act).await
            }
            _ => self.1.accounts.update(user, changes, known, at, act).await,
        }
    }

    async fn change_password(
        &self,
        known: Credentials,
        hash: String,
        at: Timestamp,
        act: Act,
    ) -> Result<bool, Failure> {
        match self.0 {
            Wrong::Idle => Ok(true),
            _ => self.1.accounts.change_password(known, hash, at, act).await,
        }
    }
}

async fn with_accounts(wrong: Wrong) -> World {
    let world = world().await;
    World { accounts: Arc::new(WrongAccounts(wrong, world.clone())), ..world }
}

#[tokio::test]
async fn accounts_that_need_no_set_up_code_fail() {
    let expected =
        ["without_the_set_up_code_nobody_is_first", "an_admin_who_never_verified_is_followed_by_who_may_found"];
    fails(super::account_store(), || with_accounts(Wrong::Open), &expected).await;
}

#[tokio::test]
async fn accounts_that_give_addresses_away_fail() {
    let expected = ["of_fifty_sign_ups_for_one_address_one_succeeds", "an_unverified_account_makes_way_after_a_day"];
    fails(super::account_store(), || with_accounts(Wrong::Hasty), &expected).await;
}

#[tokio::test]
async fn accounts_that_make_everybody_an_admin_fail() {
    let expected = [
        "of_fifty_first_sign_ups_one_is_admin",
        "without_the_set_up_code_nobody_is_first",
        "a_change_of_one_leaves_the_other",
        "an_admin_who_never_verified_is_followed_by_who_may_found",
    ];
    fails(super::account_store(), || with_accounts(Wrong::Generous), &expected).await;
}

#[tokio::test]
async fn accounts_that_change_nothing_fail() {
    let expected = ["a_change_counts_once", "a_new_password_closes_every_session_and_wins_once"];
    fails(super::account_store(), || with_accounts(Wrong::Idle), &expected).await;
}

#[tokio::test]
async fn accounts_that_change_proven_numbers_for_anybody_fail() {
    let expected = ["a_proven_number_changes_with_the_password_only"];
    fails(super::proven_phones(), || with_accounts(Wrong::Trusting), &expected).await;
}

/// Lets the last admin go, lists everybody from the first page on, tells every closing every time and as if it were older, and sweeps up everybody who is not verified.
struct WrongDirectory(World);

#[async_trait]
impl Directory for WrongDirectory {
    async fn find_any(&self, user: UserId) -> Result<Option<User>, Failure> {
        self.0.directory.find_any(user).await
    }

    async fn list(&self, listing: &Listing, page: &PageRequest) -> Result<Page<User>, Failure> {
        let everybody = Listing { filter: Filter::default(), sort: listing.sort };
        let found = self.0.directory.list(&everybody, &PageRequest { after: None, ..page.clone() }).await?;
        Ok(Page { next: None, ..found })
    }

    async fn set_admin(&self, user: UserId, admin: bool, at: Timestamp, act: Act) -> Result<Option<User>, Failure> {
        match self.0.directory.set_admin(user, admin, at, act).await {
            Err(failure) if failure.code == ErrorCode::LastAdmin => self.find_any(user).await,
            done => done,
        }
    }

    async fn closed_since(&self, _: u64, _: Timestamp, limit: u32) -> Result<Vec<Closure>, Failure> {
        let mut closed = self.0.directory.closed_since(0, Timestamp::EPOCH, limit).await?;
        for closure in &mut closed {
            closure.at = closure.at.minus(std::time::Duration::from_secs(1));
        }
        Ok(closed)
    }

    async fn sweep(&self, expiry: Expiry) -> Result<Swept, Failure> {
        let expiry = Expiry { unverified_before: expiry.now, ..expiry };
        self.0.directory.sweep(expiry).await
    }
}

#[tokio::test]
async fn a_directory_without_rules_fails() {
    let wrong = || async {
        let world = world().await;
        World { directory: Arc::new(WrongDirectory(world.clone())), ..world }
    };
    let expected = [
        "the_last_admin_stays",
        "two_admins_who_leave_at_once_leave_one",
        "an_unverified_admin_is_no_admin_to_rely_on",
        "closings_are_told_in_order_and_from_a_cursor",
        "a_reader_without_a_cursor_hears_only_what_can_matter",
        "an_account_closes_no_earlier_than_its_last_token_whatever_the_clock_of_who_closes_it",
        "unverified_accounts_go_after_a_week_and_others_stay",
    ];
    fails(super::directory(), wrong, &expected).await;
    let expected =
        ["filters_narrow_together", "pages_show_everybody_once_in_every_order", "a_cursor_of_another_order_is_refused"];
    fails(super::user_listing(), wrong, &expected).await;
}
