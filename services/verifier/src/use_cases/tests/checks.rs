//! Checks of people: read your own writes, confirm every no, remember a yes for a moment.

use std::time::Duration;

use kit::ErrorCode;

use crate::domain::{Asking, Effect, Need, Person};
use crate::fakes::Bench;
use crate::samples::{asking, person};
use crate::use_cases::check;

fn unverified(person: &Person) -> Person {
    Person { verified: false, ..person.clone() }
}

fn next(person: &Person) -> Person {
    Person { verified: true, revision: person.revision + 1, ..person.clone() }
}

async fn code(bench: &Bench, asking: &Asking) -> Option<ErrorCode> {
    check(&bench.app, asking).await.err().map(|failure| failure.code)
}

#[tokio::test]
async fn what_the_copy_knows_needs_no_owner() {
    let bench = Bench::start().await;
    let person = person(&bench.ambient);
    bench.settle(&person).await;
    let caller = check(&bench.app, &asking(&bench.ambient, &person)).await.unwrap();
    assert_eq!((caller.user, caller.tenant, caller.verified), (person.user, person.tenant, true));
    assert_eq!(bench.asked(), 0);
}

#[tokio::test]
async fn a_token_newer_than_the_copy_waits_for_its_event() {
    let bench = Bench::start().await;
    let first = unverified(&person(&bench.ambient));
    bench.settle(&first).await;
    let second = next(&first);
    let asking = Asking { least: 2, ..asking(&bench.ambient, &second) };
    let waiting = check(&bench.app, &asking);
    let arriving = bench.announce(Effect::Person(second.clone()));
    let (answer, ()) = tokio::join!(waiting, arriving);
    assert!(answer.unwrap().verified);
    assert_eq!(bench.asked(), 0);
}

#[tokio::test]
async fn an_event_that_another_replica_took_in_ends_the_waiting() {
    let bench = Bench::start().await;
    let first = unverified(&person(&bench.ambient));
    bench.settle(&first).await;
    let second = next(&first);
    let asking = Asking { least: 2, ..asking(&bench.ambient, &second) };
    let arriving = bench.announce_elsewhere(Effect::Person(second.clone()));
    let (answer, ()) = tokio::join!(check(&bench.app, &asking), arriving);
    assert!(answer.unwrap().verified);
    assert_eq!(bench.asked(), 0);
}

#[tokio::test]
async fn an_event_that_does_not_come_in_time_is_asked_for() {
    let bench = Bench::impatient(Duration::from_millis(5)).await;
    let first = unverified(&person(&bench.ambient));
    bench.settle(&first).await;
    let second = next(&first);
    bench.own(&second);
    let asking = Asking { least: 2, ..asking(&bench.ambient, &second) };
    assert!(check(&bench.app, &asking).await.unwrap().verified);
    assert_eq!(bench.asked(), 1);
    let copied = bench.app.model.person(first.user).await.unwrap();
    assert_eq!(copied, Some(first), "the model is built from events only");
}

#[tokio::test]
async fn somebody_whose_event_is_under_way_is_known() {
    let bench = Bench::start().await;
    let person = person(&bench.ambient);
    bench.own(&person);
    assert_eq!(code(&bench, &asking(&bench.ambient, &person)).await, None);
    assert_eq!(bench.asked(), 1);
}

#[tokio::test]
async fn a_no_of_the_copy_is_confirmed_by_the_owner() {
    let bench = Bench::start().await;
    let old = unverified(&person(&bench.ambient));
    bench.settle(&old).await;
    bench.own(&next(&old));
    assert_eq!(code(&bench, &asking(&bench.ambient, &old)).await, None, "verified a moment ago");
}

#[tokio::test]
async fn a_no_is_confirmed_once_a_second() {
    let bench = Bench::impatient(Duration::from_millis(5)).await;
    let person = unverified(&person(&bench.ambient));
    bench.settle(&person).await;
    let asking = asking(&bench.ambient, &person);
    for _ in 0..3 {
        assert_eq!(code(&bench, &asking).await, Some(ErrorCode::UserNotVerified));
    }
    assert_eq!(bench.asked(), 1);
    bench.clock.advance(Duration::from_secs(1));
    assert_eq!(code(&bench, &asking).await, Some(ErrorCode::UserNotVerified));
    assert_eq!(bench.asked(), 2);
}

#[tokio::test]
async fn verifying_right_after_a_refusal_counts_at_once() {
    let bench = Bench::start().await;
    let old = unverified(&person(&bench.ambient));
    bench.settle(&old).await;
    let asking = asking(&bench.ambient, &old);
    assert_eq!(code(&bench, &asking).await, Some(ErrorCode::UserNotVerified));
    let new = next(&old);
    bench.own(&new);
    // The owner was asked in this second, so the event has to bring the news.
    let (code, ()) = tokio::join!(code(&bench, &asking), bench.announce(Effect::Person(new)));
    assert_eq!((code, bench.asked()), (None, 1));
}

#[tokio::test]
async fn a_no_that_cannot_be_confirmed_is_not_given() {
    let bench = Bench::start().await;
    let person = unverified(&person(&bench.ambient));
    bench.settle(&person).await;
    bench.away(true);
    assert_eq!(code(&bench, &asking(&bench.ambient, &person)).await, Some(ErrorCode::PeerUnavailable));
}

#[tokio::test]
async fn a_remembered_yes_does_not_answer_what_needs_more() {
    let bench = Bench::start().await;
    let person = person(&bench.ambient);
    bench.settle(&person).await;
    let asking = asking(&bench.ambient, &person);
    assert_eq!(code(&bench, &asking).await, None);
    let admin = Asking { need: Need::Admin, ..asking.clone() };
    assert_eq!(code(&bench, &admin).await, Some(ErrorCode::Forbidden));
    let promoted = Person { admin: true, ..next(&person) };
    bench.settle(&promoted).await;
    assert_eq!(code(&bench, &admin).await, None, "what was remembered says no, what is known says yes");
}

#[tokio::test]
async fn a_remembered_yes_does_not_keep_a_closed_session_open() {
    let bench = Bench::start().await;
    let person = person(&bench.ambient);
    bench.settle(&person).await;
    let asking = asking(&bench.ambient, &person);
    assert_eq!(code(&bench, &asking).await, None);
    bench.close(person.user, Some(asking.session), bench.ambient.now());
    bench.app.revocation.poll().await.unwrap();
    assert_eq!(code(&bench, &asking).await, Some(ErrorCode::SessionClosed));
}

#[tokio::test]
async fn a_deleted_user_has_no_session() {
    let bench = Bench::start().await;
    let person = person(&bench.ambient);
    bench.announce(Effect::Person(Person { deleted: true, ..person.clone() })).await;
    assert_eq!(code(&bench, &asking(&bench.ambient, &person)).await, Some(ErrorCode::SessionClosed));
    assert_eq!(bench.asked(), 1, "the owner has none either");
}
