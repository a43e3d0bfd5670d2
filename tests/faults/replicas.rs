//! Several replicas of every service: one dies or is paused in the middle, another goes on, and nothing happens twice.

use berth_tests::{Berth, until, until_within};
use serde_json::json;
use std::time::Duration;

/// A lease is ten seconds, and who waits for it looks each half second.
const TAKEN_OVER: Duration = Duration::from_secs(30);

async fn twice_each() -> Berth {
    let two = "user=2 machines=2 verifier=2 allocation=2 feed=2 notification=2 interact=2";
    Berth::cluster(&[("REPLICAS".to_owned(), two.to_owned())]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn work_of_a_replica_that_dies_is_finished_by_another_and_done_once() {
    let mut berth = twice_each().await;
    let ada = berth.person("ada").await;
    let mut pending = Vec::new();
    for number in 0..4 {
        pending.push(ada.request("redis", &format!("cache{number}")).await);
    }
    berth.signal_one("allocation-1", "KILL");
    berth.signal_one("notification-1", "KILL");
    for allocation in &pending {
        let look = || ada.show(&allocation.id);
        until_within(TAKEN_OVER, "the allocation to run", look, |now| now.state == "running").await;
        assert_eq!(
            berth.engine().containers().iter().filter(|found| found.label("berth.allocation") == allocation.id).count(),
            1,
            "one container for {}",
            allocation.name
        );
    }
    berth.launch_ended();
    let bob = berth.person("bob").await;
    assert_eq!(berth.mails(&bob.email).iter().filter(|mail| mail.contains("code")).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_was_paused_past_its_lease_changes_nothing() {
    let berth = twice_each().await;
    let ada = berth.person("ada").await;
    berth.signal_one("user-1", "STOP");
    // Past the lease the other relay has all shards: whoever signs up gets a mail.
    let mut people = Vec::new();
    for number in 0..8 {
        let mut person = berth.anyone();
        person.name = format!("guest{number}");
        person.email = format!("guest{number}@example.org");
        let sign_up = || async { person.post("/user/signup", &person.sign_up()).await.status };
        until("a sign-up", sign_up, |status| matches!(status, 201 | 409)).await;
        people.push(person);
    }
    for person in &people {
        berth.mail(&person.email, "code").await;
    }
    berth.signal_one("user-1", "CONT");
    for person in &people {
        let login = json!({"email": person.email, "password": berth_tests::person::PASSWORD});
        let log_in = || async { person.post("/user/login", &login).await.status };
        until("a login by either replica", log_in, |status| *status == 200).await;
    }
    for person in &people {
        let codes = berth
            .mails(&person.email)
            .iter()
            .filter(|mail| berth_tests::berth::subject_of(mail).contains("code"))
            .count();
        assert_eq!(codes, 1, "{} got one code", person.email);
    }
    ada.get("/allocations").await.expect(200);
}
