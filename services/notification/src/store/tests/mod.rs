//! The contract on SQLite; and on stores that break one rule each, as proof that its cases can fail.

mod wrong;

use std::sync::Arc;

use async_trait::async_trait;
use bus::{OutboxSource, Source as _, Topic};
use kit::{MasterKey, SealingKey, ServiceName};
use prost::Message as _;
use proto::v1::AuditRecorded;
use sql::Database;
use testkit::contract::{fails, passes};
use testkit::{Case, TestClock};

use super::SqliteStore;
use super::sqlite::MIGRATIONS;
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

async fn open(path: &std::path::Path, clock: &TestClock) -> (SqliteStore, Database) {
    let database = Database::open(path, &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
    (SqliteStore::open(database.clone(), clock.ambient(), sealing()).await.unwrap(), database)
}

async fn world(broken: Option<Broken>) -> World {
    let (directory, clock) = (tempfile::tempdir().unwrap(), TestClock::default());
    let (store, database) = open(&directory.path().join("t.db"), &clock).await;
    let store = Arc::new(Wrong::new(store, broken));
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
        keep: Box::new(directory),
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
    let delivery = crate::domain::delivery::tests::delivery(&clock.ambient());
    let at = delivery.created_at;
    let batch = Batch {
        topic: Topic::Notification,
        up_to: 1,
        at,
        channels: vec![Channel::Email],
        effects: vec![Effect::Deliver(Box::new(delivery.clone()))],
        unreadable: Vec::new(),
    };
    store.take("c", batch).await.unwrap();
    assert_eq!(store.claim(Lane::Messages, at, delivery.expires_at, 1).await.unwrap().len(), 1);
    database.close().await;
    let (store, _) = open(&path, &clock).await;
    let again = store.claim(Lane::Messages, at, delivery.expires_at, 1).await.unwrap();
    assert_eq!(again.iter().map(|again| (again.id, again.attempts)).collect::<Vec<_>>(), [(delivery.id, 2)]);
}
