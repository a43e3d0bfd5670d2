//! `kill -9` in the middle of ten creations, twice: started again, every one of them is settled and none is doubled.

use std::collections::BTreeSet;

use berth_tests::berth::Setup;
use berth_tests::engine::Holdings;
use berth_tests::{Allocation, Berth, Person, until};
use futures::future::join_all;
use serde_json::json;

const ROOM: &str = "[quota]\ninstances = 12\ncpu = 12\nmemory = \"12GiB\"\ndisk = \"12GiB\"\nports = 12\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_of_ten_creations_settles_every_one() {
    let setup = Setup { config: ROOM.to_owned(), ..Setup::default() };
    let mut berth = Berth::start_with(setup).await;
    let ada = berth.person("ada").await;
    let machine = ada.machine("redis").await;
    // Small volumes: what is looked at is their number.
    let order =
        |number: u32| json!({"machine_id": machine, "name": format!("cache-{number}"), "volumes": {"data": "16MiB"}});
    let accepted = join_all((0..10).map(|number| {
        let body = order(number);
        let ada = &ada;
        async move { ada.post("/allocations", &body).await.expect_as::<Allocation>(201).id }
    }))
    .await;
    for containers in [2, 6] {
        let found = || async { berth.engine().containers().len() };
        until("some containers", found, |found| *found >= containers).await;
        berth.kill().await;
        berth.start_again().await;
    }
    let settled = join_all(accepted.iter().map(|id| ada.settled(id))).await;
    for allocation in &settled {
        assert_eq!((allocation.state.as_str(), &allocation.reason), ("running", &None), "{allocation:?}");
    }
    as_many_things_as_allocations(&berth, &ada, &settled).await;
    join_all(accepted.iter().map(|id| ada.remove(id))).await;
    assert_eq!(ada.used().await, berth_tests::person::nothing());
    let left = || async { berth.engine().holdings() };
    until("the engine to be empty", left, |left| *left == Holdings::default()).await;
}

async fn as_many_things_as_allocations(berth: &Berth, ada: &Person, settled: &[Allocation]) {
    let engine = berth.engine();
    let ids: BTreeSet<&str> = settled.iter().map(|allocation| allocation.id.as_str()).collect();
    let containers = engine.containers();
    let found: Vec<&str> = containers.iter().map(|found| found.label("berth.allocation")).collect();
    assert_eq!(found.iter().copied().collect::<BTreeSet<_>>(), ids);
    assert!(containers.iter().all(berth_tests::engine::Container::is_running));
    let ten = Holdings { containers: 10, sandboxes: 10, volumes: 10, networks: 1, loops: 10 };
    assert_eq!(engine.holdings(), ten);
    let ports: BTreeSet<(String, u16)> = settled.iter().map(Allocation::address).collect();
    assert_eq!(ports.len(), 10);
    let used = ada.used().await;
    assert_eq!((&used["instances"], &used["ports"]), (&json!(10), &json!(10)));
    for allocation in settled {
        let line = ada.connection(&allocation.id, "redis-cli").await;
        assert_eq!(berth_tests::shell::sh(&line, "PING\n").await.expect(&line), "PONG");
    }
}
