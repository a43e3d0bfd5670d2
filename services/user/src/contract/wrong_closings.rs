//! Stores of numbers, addresses and closed accounts with one rule broken each, to prove that the cases of their suites
//! can fail.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kit::{Act, ErrorCode, Failure, Timestamp, UserId};
use testkit::contract::fails;

use super::World;
use super::tests::world;
use crate::domain::{Attempt, Channel, CodeRules, Credentials, Email, NewCode, Purpose, Settlement, User, Worker};
use crate::ports::{CodeStore, EmailChanges, Settlements};

/// Gives a proven number to whoever proves it next.
struct SharedNumbers(World);

#[async_trait]
impl CodeStore for SharedNumbers {
    async fn send(&self, email: &Email, code: NewCode, rules: CodeRules) -> Result<(), Failure> {
        self.0.codes.send(email, code, rules).await
    }

    async fn verify(&self, attempt: Attempt, rules: CodeRules, act: Act) -> Result<Option<User>, Failure> {
        let email = attempt.email.clone();
        match self.0.codes.verify(attempt, rules, act).await {
            Err(failure) if failure.code == ErrorCode::PhoneTaken => {
                let known = self.0.accounts.credentials(&email).await?;
                self.0.accounts.find(known.expect("it has a code").user).await
            }
            done => done,
        }
    }

    async fn reset(&self, attempt: Attempt, hash: String, rules: CodeRules, act: Act) -> Result<bool, Failure> {
        self.0.codes.reset(attempt, hash, rules, act).await
    }
}

#[tokio::test]
async fn numbers_that_belong_to_several_fail() {
    let wrong = || async {
        let world = world().await;
        World { codes: Arc::new(SharedNumbers(world.clone())), ..world }
    };
    let expected = ["a_proven_number_belongs_to_one_account", "of_two_who_prove_a_number_at_once_one_has_it"];
    fails(super::proven_phones(), wrong, &expected).await;
}

/// Sends every code to reset with, wherever it goes.
struct TrustsEveryNumber(World);

#[async_trait]
impl CodeStore for TrustsEveryNumber {
    async fn send(&self, email: &Email, code: NewCode, rules: CodeRules) -> Result<(), Failure> {
        let channel = if code.purpose == Purpose::Reset { Channel::Email } else { code.channel };
        self.0.codes.send(email, NewCode { channel, ..code }, rules).await
    }

    async fn verify(&self, attempt: Attempt, rules: CodeRules, act: Act) -> Result<Option<User>, Failure> {
        self.0.codes.verify(attempt, rules, act).await
    }

    async fn reset(&self, attempt: Attempt, hash: String, rules: CodeRules, act: Act) -> Result<bool, Failure> {
        self.0.codes.reset(attempt, hash, rules, act).await
    }
}

#[tokio::test]
async fn codes_that_trust_every_number_fail() {
    let wrong = || async {
        let world = world().await;
        World { codes: Arc::new(TrustsEveryNumber(world.clone())), ..world }
    };
    let expected = ["only_a_proven_number_resets_the_password", "a_reset_by_text_proves_no_address"];
    fails(super::proven_phones(), wrong, &expected).await;
}

/// Counts no tries and no codes, and takes every address for free that has one.
struct CarelessChanges(World);

#[async_trait]
impl EmailChanges for CarelessChanges {
    async fn ask(&self, known: Credentials, new: Email, code: NewCode, _: Timestamp) -> Result<bool, Failure> {
        let everybody = code.at;
        self.0.email_changes.ask(known, new, code, everybody).await
    }

    async fn prove(&self, attempt: Attempt, rules: CodeRules, _: Timestamp, act: Act) -> Result<Option<User>, Failure> {
        let rules = CodeRules { tries: u32::MAX, tries_per_address: u32::MAX, ..rules };
        let everybody = attempt.at;
        self.0.email_changes.prove(attempt, rules, everybody, act).await
    }
}

#[tokio::test]
async fn changes_of_addresses_without_rules_fail() {
    let wrong = || async {
        let world = world().await;
        World { email_changes: Arc::new(CarelessChanges(world.clone())), ..world }
    };
    let expected = [
        "a_taken_address_gets_no_code_and_nobody_is_told",
        "an_address_that_somebody_has_by_now_is_refused_and_the_code_stays",
        "wrong_codes_are_counted",
    ];
    fails(super::email_changes(), wrong, &expected).await;
}

/// Lets the last admin be closed, takes no work off, and forgets all but the first piece of it.
struct Reckless(World);

impl Reckless {
    async fn or_not(&self, user: UserId, done: Result<Option<User>, Failure>) -> Result<Option<User>, Failure> {
        match done {
            Err(failure) if failure.code == ErrorCode::LastAdmin => self.0.accounts.find(user).await,
            done => done,
        }
    }
}

#[async_trait]
impl Settlements for Reckless {
    async fn suspend(&self, user: UserId, at: Timestamp, act: Act) -> Result<Option<User>, Failure> {
        let done = self.0.settlements.suspend(user, at, act).await;
        self.or_not(user, done).await
    }

    async fn resume(&self, user: UserId, at: Timestamp, act: Act) -> Result<Option<User>, Failure> {
        self.0.settlements.resume(user, at, act).await
    }

    async fn leave(&self, user: UserId, at: Timestamp, act: Act) -> Result<bool, Failure> {
        let done = self.0.settlements.leave(user, at, act).await;
        let done = self.or_not(user, done.map(|_| None)).await;
        done.map(|_| true)
    }

    async fn open_work(&self, after: Option<UserId>, limit: u32) -> Result<Vec<Settlement>, Failure> {
        if after.is_some() { Ok(Vec::new()) } else { self.0.settlements.open_work(None, limit).await }
    }

    async fn claim(&self, user: UserId, _: Worker, _: Duration) -> Result<Option<Settlement>, Failure> {
        let open = self.0.settlements.open_work(None, u32::MAX).await?;
        Ok(open.into_iter().find(|work| work.user == user))
    }

    async fn release(&self, user: UserId, worker: Worker) -> Result<(), Failure> {
        self.0.settlements.release(user, worker).await
    }

    async fn stopped(&self, _: Settlement) -> Result<(), Failure> {
        Ok(())
    }

    async fn erase(&self, work: Settlement) -> Result<bool, Failure> {
        self.0.settlements.erase(work).await
    }
}

#[tokio::test]
async fn closings_without_rules_fail() {
    let wrong = || async {
        let world = world().await;
        World { settlements: Arc::new(Reckless(world.clone())), ..world }
    };
    let expected = [
        "the_last_admin_is_neither_suspended_nor_deleted",
        "two_admins_who_suspend_each_other_at_once_leave_one",
        "the_work_of_a_suspension_ends_when_it_is_done_or_lifted",
        "a_departure_closes_at_once_and_keeps_the_address_until_the_end",
        "work_is_told_a_piece_at_a_time",
        "work_is_one_workers_until_it_gives_it_back_or_its_time_is_over",
    ];
    fails(super::settlements(), wrong, &expected).await;
}

/// Takes off whatever work there is by now.
struct Forgetful(World);

#[async_trait]
impl Settlements for Forgetful {
    async fn suspend(&self, user: UserId, at: Timestamp, act: Act) -> Result<Option<User>, Failure> {
        self.0.settlements.suspend(user, at, act).await
    }

    async fn resume(&self, user: UserId, at: Timestamp, act: Act) -> Result<Option<User>, Failure> {
        self.0.settlements.resume(user, at, act).await
    }

    async fn leave(&self, user: UserId, at: Timestamp, act: Act) -> Result<bool, Failure> {
        self.0.settlements.leave(user, at, act).await
    }

    async fn open_work(&self, after: Option<UserId>, limit: u32) -> Result<Vec<Settlement>, Failure> {
        self.0.settlements.open_work(after, limit).await
    }

    async fn claim(&self, user: UserId, worker: Worker, life: Duration) -> Result<Option<Settlement>, Failure> {
        self.0.settlements.claim(user, worker, life).await
    }

    async fn release(&self, user: UserId, worker: Worker) -> Result<(), Failure> {
        self.0.settlements.release(user, worker).await
    }

    async fn stopped(&self, work: Settlement) -> Result<(), Failure> {
        match self.0.settlements.claim(work.user, Worker([1; 16]), Duration::ZERO).await? {
            Some(present) => self.0.settlements.stopped(present).await,
            None => Ok(()),
        }
    }

    async fn erase(&self, work: Settlement) -> Result<bool, Failure> {
        self.0.settlements.erase(work).await
    }
}

#[tokio::test]
async fn closings_that_forget_what_came_later_fail() {
    let wrong = || async {
        let world = world().await;
        World { settlements: Arc::new(Forgetful(world.clone())), ..world }
    };
    fails(super::settlements(), wrong, &["the_end_of_one_suspension_leaves_the_work_of_the_next"]).await;
}
