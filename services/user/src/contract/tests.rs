//! The suites on SQLite and on MySQL, and on wrong stores that prove that their cases can fail.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use kit::{Act, Failure, SessionId, Timestamp, UserId};
use sql::Database;
use testkit::contract::{fails, passes};
use testkit::databases::{
    Shelf, fresh_sqlite, is_recording, migrates_from_many_at_once, record, same_schema, serves_older_releases,
};
use testkit::{Case, TestClock};

use super::World;
use crate::domain::{
    Attempt, CodeRules, Credentials, Email, NewCode, NewSession, NewToken, Reason, Rotation, Session, SigningKey, User,
};
use crate::ports::{CodeStore, KeyStore, SessionStore};
use crate::store::sql::{MIGRATIONS, SqlStore, TABLES};

/// How many cases of a suite are at work on the server at once, each in a database of its own.
const AT_ONCE: usize = 2;

pub async fn world() -> World {
    let (database, directory) = fresh_sqlite(TABLES).await;
    world_on(database, directory)
}

/// On a server's database, which many write at once.
async fn world_of(shelf: &Shelf) -> World {
    let (database, lent) = shelf.lend().await;
    world_on(database, lent)
}

fn world_on(database: Database, keep: impl Any + Send + Sync) -> World {
    let clock = TestClock::default();
    World::new(SqlStore::new(database, clock.ambient()), clock, keep)
}

/// Each suite once a line, run on both databases.
macro_rules! suites {
    ($($name:ident: $suite:expr;)*) => {
        mod on_sqlite {
            use super::*;
            $(#[tokio::test] async fn $name() {
                passes($suite, world).await;
            })*
        }

        mod on_mysql {
            use super::*;
            $(#[tokio::test] async fn $name() {
                let shelf = Shelf::new(AT_ONCE, TABLES);
                passes($suite, || world_of(&shelf)).await;
            })*
        }

        fn all() -> Vec<Case<World>> {
            [$($suite),*].into_iter().flatten().collect()
        }
    };
}

suites! {
    accounts: crate::contract::account_store();
    codes: crate::contract::code_store();
    sessions: crate::contract::session_store();
    directory: crate::contract::directory();
    listing: crate::contract::user_listing();
    phones: crate::contract::proven_phones();
    email_changes: crate::contract::email_changes();
    settlements: crate::contract::settlements();
    keys: crate::contract::key_store();
    api_keys: crate::contract::api_key_store();
    audit: crate::contract::audit_list();
    throttle: crate::contract::throttle();
}

#[tokio::test]
async fn both_databases_have_the_same_tables() {
    same_schema(&[&MIGRATIONS], &[]).await;
}

#[tokio::test]
async fn many_replicas_migrate_at_once() {
    migrates_from_many_at_once(TABLES).await;
}

#[tokio::test]
async fn the_tables_serve_older_releases() {
    if is_recording() {
        passes(all(), world).await;
        record("user");
    }
    serves_older_releases("user", TABLES).await;
}

/// Does what it wraps does, but for one rule.
enum Broken {
    /// Counts no tries.
    Patient,
    /// Lets a number be texted at any time.
    Talkative,
    /// Lets a code be used again, and any password be set with it.
    Forgiving,
}

struct BrokenCodes(Broken, World);

#[async_trait]
impl CodeStore for BrokenCodes {
    async fn send(&self, email: &Email, code: NewCode, rules: CodeRules) -> Result<(), Failure> {
        let rules = match self.0 {
            Broken::Talkative => CodeRules { pause: std::time::Duration::ZERO, per_hour: u32::MAX, ..rules },
            _ => rules,
        };
        self.1.codes.send(email, code, rules).await
    }

    async fn verify(&self, attempt: Attempt, rules: CodeRules, act: Act) -> Result<Option<User>, Failure> {
        let rules = match self.0 {
            Broken::Patient => CodeRules { tries: u32::MAX, tries_per_address: u32::MAX, ..rules },
            _ => rules,
        };
        self.1.codes.verify(attempt, rules, act).await
    }

    async fn reset(&self, attempt: Attempt, hash: String, rules: CodeRules, act: Act) -> Result<bool, Failure> {
        let done = self.1.codes.reset(attempt, hash, rules, act).await?;
        Ok(done || matches!(self.0, Broken::Forgiving))
    }
}

async fn with_codes(broken: Broken) -> World {
    let world = world().await;
    World { codes: Arc::new(BrokenCodes(broken, world.clone())), ..world }
}

#[tokio::test]
async fn a_store_that_counts_no_tries_fails() {
    let expected = [
        "an_address_has_five_tries",
        "a_household_has_five_tries_however_many_addresses_it_has",
        "all_addresses_have_twenty_five_tries_also_at_once",
    ];
    fails(super::code_store(), || with_codes(Broken::Patient), &expected).await;
}

#[tokio::test]
async fn a_store_that_texts_a_number_at_any_time_fails() {
    let expected = ["a_number_that_several_claim_gets_no_more_texts_than_one"];
    fails(super::proven_phones(), || with_codes(Broken::Talkative), &expected).await;
}

#[tokio::test]
async fn a_store_that_takes_any_code_fails() {
    let expected = ["a_reset_sets_the_password_and_closes_every_session", "a_code_is_good_for_its_purpose_only"];
    fails(super::code_store(), || with_codes(Broken::Forgiving), &expected).await;
}

/// Forgets whose a session is.
struct Careless(World);

#[async_trait]
impl SessionStore for Careless {
    async fn open(&self, login: Credentials, new: NewSession, act: Act) -> Result<Option<User>, Failure> {
        self.0.sessions.open(login, new, act).await
    }

    async fn refused(&self, user: UserId, act: Act) -> Result<(), Failure> {
        self.0.sessions.refused(user, act).await
    }

    async fn rotate(&self, presented: [u8; 32], next: NewToken, at: Timestamp, act: Act) -> Result<Rotation, Failure> {
        // Says that a reused token is merely unknown.
        Ok(match self.0.sessions.rotate(presented, next, at, act).await? {
            Rotation::Reused(..) => Rotation::Unknown,
            rotation => rotation,
        })
    }

    async fn close(
        &self,
        user: UserId,
        session: SessionId,
        reason: Reason,
        at: Timestamp,
        act: Act,
    ) -> Result<bool, Failure> {
        self.0.sessions.close(user, session, reason, at, act).await.map(|_| true)
    }

    async fn list(&self, user: UserId, at: Timestamp) -> Result<Vec<Session>, Failure> {
        let mut sessions = self.0.sessions.list(user, at).await?;
        sessions.reverse();
        Ok(sessions)
    }

    async fn bearer(&self, user: UserId, session: SessionId, at: Timestamp) -> Result<Option<User>, Failure> {
        self.0.sessions.bearer(user, session, at).await
    }
}

#[tokio::test]
async fn a_store_that_forgets_whose_a_session_is_fails() {
    let careless = || async {
        let world = world().await;
        World { sessions: Arc::new(Careless(world.clone())), ..world }
    };
    let expected = [
        "a_session_belongs_to_its_user",
        "a_closed_session_stays_closed",
        "a_token_used_twice_closes_its_session",
        "a_login_too_many_closes_the_oldest",
        "the_list_shows_open_ones_newest_first",
    ];
    fails(super::session_store(), careless, &expected).await;
}

/// Lets every replica add a key.
struct Eager(World);

#[async_trait]
impl KeyStore for Eager {
    async fn all(&self) -> Result<Vec<SigningKey>, Failure> {
        self.0.keys.all().await
    }

    async fn add(&self, key: SigningKey) -> Result<bool, Failure> {
        self.0.keys.add(key).await.map(|_| true)
    }

    async fn forget(&self, _: Timestamp) -> Result<u64, Failure> {
        Ok(0)
    }
}

#[tokio::test]
async fn a_store_that_says_yes_to_every_key_fails() {
    let eager = || async {
        let world = world().await;
        World { keys: Arc::new(Eager(world.clone())), ..world }
    };
    let expected = ["of_ten_replicas_one_makes_the_key", "only_keys_that_ended_are_forgotten"];
    fails(super::key_store(), eager, &expected).await;
}
