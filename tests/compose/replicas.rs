//! Two replicas of allocation behind the door: both are asked, and one that dies takes nothing with it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use berth_tests::{Berth, Person, until};
use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn both_replicas_are_asked_and_one_that_dies_takes_nothing_with_it() {
    let mut berth = Berth::compose(&[("REPLICAS".to_owned(), "allocation=2".to_owned())]).await;
    let ada = berth.person("ada").await;
    let asked = || async {
        ada.get("/allocations").await.expect(200);
        served(&berth)
    };
    until("both to be asked", asked, |who| who.len() == 2).await;

    let machine = ada.machine("redis").await;
    let made = join_all((0..2).map(|number| order(&ada, &machine, number))).await;
    let (reads, over) = (AtomicU32::new(0), AtomicBool::new(false));
    let reading = async {
        while !over.load(Ordering::Relaxed) {
            // The door asks the other one where this one is gone: a read may be repeated.
            ada.get("/allocations").await.expect(200);
            reads.fetch_add(1, Ordering::Relaxed);
        }
    };
    let dying = async {
        berth.signal_one("allocation-2", "KILL");
        let later = join_all((2..4).map(|number| order(&ada, &machine, number))).await;
        for id in made.iter().chain(&later) {
            assert_eq!(ada.settled(id).await.state, "running", "{id}");
        }
        over.store(true, Ordering::Relaxed);
        later
    };
    let ((), later) = tokio::join!(reading, dying);
    assert!(reads.load(Ordering::Relaxed) > 0);
    assert_eq!(berth.engine().containers().len(), made.len() + later.len(), "one container each");

    let before = lines(&berth, "allocation-2");
    berth.launch_ended();
    let asked = || async {
        ada.get("/allocations").await.expect(200);
        lines(&berth, "allocation-2")
    };
    until("the door to find it again", asked, |now| *now > before).await;
}

/// Orders until it is taken: with a key it is one order however often it is sent.
async fn order(ada: &Person, machine: &str, number: u32) -> String {
    let body = json!({"machine_id": machine, "name": format!("cache-{number}")});
    let key = format!("order-{number}");
    let send = || async { ada.send(Method::POST, "/allocations", &[("idempotency-key", &key)], Some(&body)).await };
    let taken = until("an order to be taken", send, |reply| reply.status == 201).await;
    taken.json()["id"].as_str().expect("an allocation has an id").to_owned()
}

/// The replicas that answered a list.
fn served(berth: &Berth) -> BTreeSet<&'static str> {
    ["allocation-1", "allocation-2"].into_iter().filter(|name| lines(berth, name) > 0).collect()
}

/// How often a replica did.
fn lines(berth: &Berth, process: &str) -> usize {
    berth.log_of(process).lines().filter(|line| line.contains("GET /allocations 200")).count()
}
