//! The suites pass on what is right and fail, case by case, on what is wrong.

use std::sync::Arc;

use super::{Fault, MemoryOutbox, World, leases, rows};
use crate::contract::{fails, passes};

fn world(fault: Fault) -> World {
    let outbox = Arc::new(MemoryOutbox::new(fault));
    let append = {
        let outbox = outbox.clone();
        move |event| -> futures::future::BoxFuture<'static, ()> {
            outbox.append(event);
            Box::pin(async {})
        }
    };
    World::new(outbox, Box::new(append), ())
}

#[tokio::test]
async fn a_right_outbox_passes() {
    passes(rows(), || async { world(Fault::Nothing) }).await;
    passes(leases(), || async { world(Fault::Nothing) }).await;
}

#[tokio::test]
async fn wrong_rows_fail() {
    let table: [(Fault, &[&str]); 10] = [
        (Fault::LosesTheTrace, &["an_event_waits_as_it_was_announced"]),
        (
            Fault::RemovesWhatItReads,
            &[
                "only_the_shards_that_are_asked_for_come",
                "reading_takes_nothing_away",
                "what_was_left_behind_is_still_unsent",
                "what_was_sent_is_gone_and_nothing_else",
            ],
        ),
        (Fault::ReadsAboveTheLast, &["what_was_left_behind_is_still_unsent"]),
        (Fault::RefusesWhatIsGone, &["sending_twice_is_no_failure"]),
        (Fault::IgnoresShards, &["only_the_shards_that_are_asked_for_come"]),
        (
            Fault::NewestFirst,
            &[
                "a_limit_gives_a_subject_s_oldest",
                "a_subject_s_events_come_in_the_order_of_their_commits",
                "what_was_sent_is_gone_and_nothing_else",
            ],
        ),
        (Fault::TheLatestWithinTheLimit, &["a_limit_gives_a_subject_s_oldest"]),
        (
            Fault::OneRowAtATime,
            &[
                "a_limit_gives_a_subject_s_oldest",
                "a_subject_s_events_come_in_the_order_of_their_commits",
                "an_event_waits_as_it_was_announced",
                "many_announcements_at_once_are_all_there",
                "only_the_shards_that_are_asked_for_come",
                "the_lag_says_how_many_wait_and_since_when",
                "what_was_sent_is_gone_and_nothing_else",
            ],
        ),
        (Fault::CountsNothing, &["the_lag_says_how_many_wait_and_since_when"]),
        (Fault::IsSilent, &["an_announcement_wakes"]),
    ];
    for (fault, expected) in table {
        println!("{fault:?}");
        fails(rows(), || async { world(fault) }, expected).await;
    }
}

#[tokio::test]
async fn wrong_leases_fail() {
    let table: [(Fault, &[&str]); 7] = [
        (
            Fault::SharesLeases,
            &[
                "a_free_shard_is_taken_and_then_it_is_not_free",
                "a_lease_runs_out_and_does_not_come_back",
                "nobody_gives_back_what_another_holds",
                "of_many_at_once_one_takes_each",
                "taking_again_renews_and_says_so",
                "the_roll_tells_who_is_there_and_who_holds_what",
                "what_is_given_back_is_free_at_once",
            ],
        ),
        (
            Fault::NeverExpires,
            &["a_lease_runs_out_and_does_not_come_back", "who_is_silent_is_struck_off_and_its_leases_with_it"],
        ),
        (Fault::NeverRenews, &["taking_again_renews_and_says_so"]),
        (Fault::KeepsWhatIsGivenBack, &["what_is_given_back_is_free_at_once"]),
        (
            Fault::GivesBackAnybodys,
            &["a_lease_runs_out_and_does_not_come_back", "nobody_gives_back_what_another_holds"],
        ),
        (
            Fault::ForgetsHolders,
            &["the_roll_tells_who_is_there_and_who_holds_what", "who_is_silent_is_struck_off_and_its_leases_with_it"],
        ),
        (Fault::StaysWhenLeaving, &["who_leaves_is_gone_at_once"]),
    ];
    let runs = table.map(|(fault, expected)| async move {
        println!("{fault:?}");
        fails(leases(), || async { world(fault) }, expected).await;
    });
    futures::future::join_all(runs).await;
}
