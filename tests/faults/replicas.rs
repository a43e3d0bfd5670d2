//! Several replicas of every service: one dies or is paused in the middle, another goes on, and nothing happens twice.

use std::time::{Duration, Instant};

use berth_tests::person::PASSWORD;
use berth_tests::{Berth, Person, until, until_within};
use serde_json::json;

use crate::{codes, ready};

/// A lease is ten seconds, and who waits for it looks each second.
const TAKEN_OVER: Duration = Duration::from_secs(30);

async fn twice_each() -> Berth {
    let two = "user=2 machines=2 verifier=2 allocation=2 feed=2 notification=2 interact=2";
    Berth::cluster(&[("REPLICAS".to_owned(), two.to_owned())]).await
}

/// Somebody who signed up, whichever replica that needed.
async fn guest(berth: &Berth, number: u32) -> Person {
    let mut person = berth.anyone();
    person.name = format!("guest{number}");
    person.email = format!("guest{number}@example.org");
    let sign_up = || async { person.post("/user/signup", &person.sign_up()).await.status };
    until("a sign-up", sign_up, |status| matches!(status, 201 | 409)).await;
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn work_of_a_replica_that_dies_is_finished_by_another_and_done_once() {
    let mut berth = twice_each().await;
    let ada = berth.person("ada").await;
    let (mut pending, mut guests) = (Vec::new(), Vec::new());
    for number in 0..4 {
        pending.push(ada.request("redis", &format!("cache{number}")).await);
        guests.push(guest(&berth, number).await);
    }
    berth.signal_one("allocation-1", "KILL");
    berth.signal_one("notification-1", "KILL");
    let died = Instant::now();
    for allocation in &pending {
        let look = || ada.show(&allocation.id);
        until_within(TAKEN_OVER, "the allocation to run", look, |now| now.state == "running").await;
        let containers = berth.engine().containers();
        let own = containers.iter().filter(|found| found.label("berth.allocation") == allocation.id);
        assert_eq!(own.count(), 1, "one container for {}", allocation.name);
    }
    for person in &guests {
        berth.mail(&person.email, "code").await;
    }
    eprintln!("all was taken over and done {:?} after the replicas died", died.elapsed());
    berth.launch_ended();
    // Whoever was about to act when it died is heard of again, and has nothing left to do.
    ready(&berth).await;
    guests.push(guest(&berth, 4).await);
    berth.mail(&guests[4].email, "code").await;
    for person in &guests {
        assert_eq!(codes(&berth, &person.email), 1, "{} got one code", person.email);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_was_paused_past_its_lease_changes_nothing() {
    let berth = twice_each().await;
    let ada = berth.person("ada").await;
    berth.signal_one("user-1", "STOP");
    // Past the lease the other relay has all shards: whoever signs up gets a mail.
    let mut people = Vec::new();
    for number in 0..8 {
        people.push(guest(&berth, number).await);
    }
    for person in &people {
        berth.mail(&person.email, "code").await;
    }
    berth.signal_one("user-1", "CONT");
    for person in &people {
        let login = json!({"email": person.email, "password": PASSWORD});
        let log_in = || async { person.post("/user/login", &login).await.status };
        until("a login by either replica", log_in, |status| *status == 200).await;
    }
    for person in &people {
        assert_eq!(codes(&berth, &person.email), 1, "{} got one code", person.email);
    }
    ada.get("/allocations").await.expect(200);
}
