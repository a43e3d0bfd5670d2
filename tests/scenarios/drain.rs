//! `SIGTERM`: waits are answered, sockets handed over, and containers run on as if nothing had been.

use berth_tests::{Allocation, Berth, Person, machine, until};
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_answers_waits_hands_sockets_over_and_leaves_containers_alone() {
    let mut berth = Berth::start().await;
    let ada = berth.person("ada").await;
    let redis = ada.running("redis", "cache").await;
    let line = ada.connection(&redis.id, "redis-cli").await;
    let before = berth.engine().container(&redis.id).unwrap().started_at().to_owned();
    let slow = json!({"readiness": {"type": "tcp", "interval": "100ms", "retries": 10000}});
    ada.add_machine(&machine::with(machine::shell("slow", "exec sleep 1000"), slow)).await;

    let mut socket = ada.follow(&redis.id).await;
    socket.until_type("ready").await;
    let waiting = tokio::spawn(wait_for_the_slow_one(ada.clone()));
    let look = || async { ada.get("/allocations?name=slow").await.expect(200)["items"][0]["state"].clone() };
    until("the slow one to start", look, |state| state == "starting").await;

    berth.terminate();
    let present = waiting.await.expect("the wait is answered");
    assert_eq!((present.state.as_str(), present.desired.as_str()), ("starting", "running"));
    assert_eq!(socket.ending().await.1, 1012, "connect again");
    assert_eq!(berth.ended().await.code(), Some(0));
    assert_eq!(berth_tests::shell::sh(&line, "SET name ada\n").await.expect(&line), "OK");

    berth.start_again().await;
    assert_eq!(ada.show(&redis.id).await.state, "running", "the token of before is still good");
    assert_eq!(berth_tests::shell::sh(&line, "GET name\n").await.expect(&line), "ada");
    assert_eq!(berth.engine().container(&redis.id).unwrap().started_at(), before, "it was restarted");
    assert_eq!(ada.show(&present.id).await.state, "starting", "what was under way goes on");
    ada.follow(&redis.id).await.until_line("Ready to accept").await;
    ada.remove(&present.id).await;
}

async fn wait_for_the_slow_one(ada: Person) -> Allocation {
    let body = json!({"machine_id": ada.machine("slow").await, "name": "slow"});
    ada.send(Method::POST, "/allocations", &[("prefer", "wait=60")], Some(&body)).await.expect_as(201)
}
