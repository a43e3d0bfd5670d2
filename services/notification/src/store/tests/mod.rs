//! The contract on SQLite and on MySQL; and on stores that break one rule each, as proof that its cases can fail.

mod wrong;

use std::sync::Arc;

use async_trait::async_trait;
use bus::{OutboxSource, Source as _, Topic};
use kit::{MasterKey, SealingKey, ServiceName};
use prost::Message as _;
use proto::v1::AuditRecorded;
use sql::Database;
use testkit::contract::{fails, passes};
use testkit::databases::{Shelf, fresh_mysql, migrates_from_many_at_once, record, same_schema, serves_older_releases};
use testkit::{Case, TestClock};

use super::SqlStore;
use super::sql::MIGRATIONS;
use crate::contract::{self, Acts, World};
use crate::domain::Channel;
use crate::ports::{Batch, Deliveries as _, Effect, Inbox as _, Lane};
use wrong::{Broken, Wrong};

struct Recorded(Database);

#[async_trait]
impl Acts for Recorded {
    async fn acts(&self) -> Vec<String> {
        let source = OutboxSource::new(self.0.clone(), Topic::Audit(ServiceName::Notification));
        let records = source.after(0, 1_000).await.unwrap();
        records.iter().map(|record| AuditRecorded::decode(&*record.event.data).unwrap().action).collect()
    }
}

fn sealing() -> SealingKey {
    MasterKey::decode("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap().derive("test")
}

async fn open(path: &std::path::Path, clock: &TestClock) -> (SqlStore, Database) {
    let database = Database::open(path, &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
    (SqlStore::open(database.clone(), clock.ambient(), sealing()).await.unwrap(), database)
}

async fn world(broken: Option<Broken>) -> World {
    let (directory, clock) = (tempfile::tempdir().unwrap(), TestClock::default());
    let (store, database) = open(&directory.path().join("t.db"), &clock).await;
    world_of(Wrong::new(store, broken), database, clock, Box::new(directory))
}

async fn on_mysql(shelf: &Shelf) -> World {
    let (clock, (database, lent)) = (TestClock::default(), shelf.lend().await);
    let store = SqlStore::open(database.clone(), clock.ambient(), sealing()).await.unwrap();
    world_of(Wrong::new(store, None), database, clock, Box::new(lent))
}

fn world_of(store: Wrong, database: Database, clock: TestClock, keep: Box<dyn std::any::Any + Send + Sync>) -> World {
    let store = Arc::new(store);
    World {
        inbox: store.clone(),
        deliveries: store.clone(),
        contacts: store.clone(),
        preferences: store.clone(),
        webhooks: store.clone(),
        history: store.clone(),
        dead_letters: store,
        clock,
        acts: Arc::new(Recorded(database)),
        keep,
    }
}

fn all() -> Vec<Case<World>> {
    let suites =
        [contract::deliveries(), contract::inbox(), contract::people(), contract::webhooks(), contract::dead_letters()];
    suites.into_iter().flatten().collect()
}

#[tokio::test]
async fn sqlite_keeps_the_contract() {
    passes(all(), || world(None)).await;
}

#[tokio::test]
async fn mysql_keeps_the_contract() {
    let shelf = Shelf::new(6, &SETS);
    passes(all(), || on_mysql(&shelf)).await;
    record("notification");
}

static SETS: [&sql::Migrations; 2] = [&bus::MIGRATIONS, &MIGRATIONS];

#[tokio::test]
async fn older_releases_serve_on_while_the_schema_is_this_one() {
    serves_older_releases("notification", &SETS).await;
}

#[tokio::test]
async fn replicas_may_migrate_at_once_and_again() {
    migrates_from_many_at_once(&SETS).await;
}

#[tokio::test]
async fn the_tables_are_the_same_on_either_database() {
    // The same sixteen bytes, as each says them.
    let nil = [
        r"mysql: delivery.webhook_id blob not null default \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        "sqlite: delivery.webhook_id blob not null default x'00000000000000000000000000000000",
    ];
    same_schema(&[&MIGRATIONS], &nil).await;
}

#[tokio::test]
async fn two_replicas_never_claim_the_same_delivery() {
    let (clock, (database, own)) = (TestClock::default(), fresh_mysql(&[&bus::MIGRATIONS, &MIGRATIONS]).await);
    let other = Database::connect(&own.url()).unwrap();
    let stores = [
        SqlStore::open(database, clock.ambient(), sealing()).await.unwrap(),
        SqlStore::open(other, clock.ambient(), sealing()).await.unwrap(),
    ];
    let at = clock.ambient().now();
    for _ in 0..100 {
        stores[0].take("c", mail(&clock)).await.unwrap();
    }
    let until = at.plus(std::time::Duration::from_secs(60));
    let claims = (0..60).map(|n| stores[n % 2].claim(Lane::Messages, at, until, 3));
    let claimed: Vec<_> = futures::future::join_all(claims).await.into_iter().flat_map(Result::unwrap).collect();
    let different: std::collections::BTreeSet<_> = claimed.iter().map(|delivery| delivery.id).collect();
    assert_eq!((claimed.len(), different.len()), (100, 100));
}

/// One mail, taken in.
fn mail(clock: &TestClock) -> Batch {
    let delivery = crate::domain::delivery::tests::delivery(&clock.ambient());
    Batch {
        topic: Topic::Notification,
        up_to: 1,
        at: delivery.created_at,
        channels: vec![Channel::Email],
        effects: vec![Effect::Deliver(Box::new(delivery))],
        unreadable: Vec::new(),
    }
}

type Suite = fn() -> Vec<Case<World>>;

/// Which cases each broken rule must break, and no others of the suites that it may touch.
const PROOFS: &[(Broken, Suite, &[&str])] = &[
    (
        Broken::HoldsNothing,
        contract::deliveries,
        &[
            "a_hundred_claims_at_once_get_a_delivery_once",
            "codes_are_claimed_apart_from_what_is_no_code",
            "each_webhook_gets_one_at_a_time_and_messages_do_not_wait_for_it",
            "no_more_than_two_of_a_users_webhooks_are_called_at_once",
            "what_is_claimed_is_held_for_its_time",
        ],
    ),
    (
        Broken::NeverEnds,
        all,
        &[
            "a_dead_letter_is_sent_again_as_it_was_and_once",
            "a_filter_lets_through_what_it_names",
            "a_retry_waits_and_keeps_the_code",
            "an_attempt_says_where_it_went_and_what_was_answered",
            "every_end_wipes_the_code_and_all_but_a_dead_one_what_it_tells",
            "no_more_than_two_of_a_users_webhooks_are_called_at_once",
            "only_so_many_tests_wait_at_a_webhook",
            "only_what_ended_before_is_forgotten",
            "only_what_was_given_up_is_listed_the_newest_first",
            "the_same_cause_after_it_was_sent_is_no_second_delivery",
            "what_ended_stays_as_it_ended",
            "what_is_not_dead_is_no_dead_letter",
            "what_nobody_wants_is_ended_and_not_shown",
        ],
    ),
    (
        Broken::ForgetsHealth,
        contract::deliveries,
        &[
            "a_webhook_that_is_gone_is_turned_off_and_its_owner_told_once",
            "an_attempt_that_failed_is_remembered_by_its_webhook_until_one_succeeds",
        ],
    ),
    (
        Broken::HasOneLane,
        contract::deliveries,
        &[
            "a_webhook_that_is_gone_is_turned_off_and_its_owner_told_once",
            "codes_are_claimed_apart_from_what_is_no_code",
            "each_webhook_gets_one_at_a_time_and_messages_do_not_wait_for_it",
        ],
    ),
    (
        Broken::RenewsNothing,
        contract::deliveries,
        &["who_lost_a_delivery_neither_renews_nor_ends_it", "who_renews_goes_on_holding"],
    ),
    (Broken::RenewsAnything, contract::deliveries, &["who_lost_a_delivery_neither_renews_nor_ends_it"]),
    (Broken::ClaimsBackwards, contract::deliveries, &["a_code_is_claimed_before_news_that_are_older"]),
    (
        Broken::IgnoresLimits,
        all,
        &["a_users_messages_are_theirs_the_newest_first", "no_more_are_claimed_than_asked_for_and_the_oldest_first"],
    ),
    (Broken::ForgetsThePosition, contract::inbox, &["the_position_moves_with_the_batch_and_never_back"]),
    (Broken::TakesOnlyOne, contract::inbox, &["the_same_cause_is_one_delivery_for_each_user_and_channel"]),
    (
        Broken::TakesAnyRevision,
        contract::inbox,
        &["a_user_is_reached_as_they_were_announced_last", "who_is_gone_takes_all_along_and_does_not_come_back"],
    ),
    (
        Broken::TellsNothing,
        contract::inbox,
        &[
            "an_address_that_becomes_proven_is_told_of_once",
            "an_event_to_two_webhooks_is_one_to_each_however_often_it_comes",
            "what_happened_goes_to_the_person_and_to_webhooks_that_want_it",
        ],
    ),
    (Broken::TellsOldNews, contract::inbox, &["what_happened_a_day_ago_is_no_news"]),
    (Broken::TellsEveryStart, contract::inbox, &["an_allocation_is_told_of_at_its_first_start_only_and_by_revision"]),
    (
        Broken::ForgetsNothing,
        all,
        &["only_what_ended_before_is_forgotten", "what_is_remembered_of_the_gone_is_forgotten_in_time"],
    ),
    (
        Broken::KeepsTheGone,
        contract::inbox,
        &[
            "what_comes_after_its_user_is_gone_comes_to_nothing_but_the_farewell",
            "what_is_remembered_of_the_gone_is_forgotten_in_time",
            "who_is_gone_takes_all_along_and_does_not_come_back",
        ],
    ),
    (
        Broken::ServesTheGone,
        all,
        &["who_is_leaving_or_gone_decides_nothing_any_more", "who_is_leaving_or_gone_makes_no_webhook"],
    ),
    (
        Broken::ForgetsFarewells,
        contract::inbox,
        &["a_farewell_outlives_the_account", "what_comes_after_its_user_is_gone_comes_to_nothing_but_the_farewell"],
    ),
    (Broken::LosesChoices, contract::people, &["a_choice_takes_the_place_of_the_one_before_and_others_stay"]),
    (Broken::ShowsAnybody, all, &["a_strangers_webhook_is_not_there", "a_webhooks_deliveries_are_its_owners"]),
    (
        Broken::HasNoLimit,
        contract::webhooks,
        &[
            "a_user_has_ten_of_thirty_that_were_made_at_once",
            "only_so_many_tests_wait_at_a_webhook",
            "who_is_leaving_or_gone_makes_no_webhook",
        ],
    ),
    (Broken::LosesSecrets, contract::webhooks, &["a_webhook_is_kept_with_its_secrets_and_shown_to_its_owner"]),
    (
        Broken::OnlySaysItDeletes,
        contract::webhooks,
        &["a_strangers_webhook_is_not_there", "a_webhook_goes_with_its_deliveries"],
    ),
    (Broken::IgnoresFilters, contract::dead_letters, &["a_filter_lets_through_what_it_names"]),
    (
        Broken::ResendsAnything,
        contract::dead_letters,
        &["a_dead_letter_is_sent_again_as_it_was_and_once", "what_is_not_dead_is_no_dead_letter"],
    ),
    (Broken::RepeatsPages, contract::dead_letters, &["pages_miss_nothing_and_repeat_nothing"]),
];

#[tokio::test]
async fn a_store_that_breaks_a_rule_is_found_out() {
    for (broken, suite, cases) in PROOFS {
        fails(suite(), || world(Some(*broken)), cases).await;
    }
}

#[tokio::test]
async fn what_a_dead_process_held_is_free_when_the_file_is_opened_again() {
    let (directory, clock) = (tempfile::tempdir().unwrap(), TestClock::default());
    let path = directory.path().join("t.db");
    let (store, database) = open(&path, &clock).await;
    let batch = mail(&clock);
    let at = batch.at;
    let until = at.plus(std::time::Duration::from_secs(600));
    store.take("c", batch).await.unwrap();
    let first = store.claim(Lane::Messages, at, until, 1).await.unwrap().remove(0);
    database.close().await;
    let (store, _) = open(&path, &clock).await;
    let again = store.claim(Lane::Messages, at, until, 1).await.unwrap();
    assert_eq!(again.iter().map(|again| (again.id, again.attempts)).collect::<Vec<_>>(), [(first.id, 2)]);
}
