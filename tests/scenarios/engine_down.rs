//! The engine goes away and comes back: what needs it says so, the rest goes on, and nobody has to restart Berth.

use berth_tests::berth::Setup;
use berth_tests::{Berth, EngineProxy, Person, until};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_away_is_waited_for() {
    let mut proxy = EngineProxy::start();
    let setup = Setup { docker_host: Some(proxy.host()), ..Setup::default() };
    let berth = Berth::start_with(setup).await;
    let ada = berth.person("ada").await;
    let redis = ada.running("redis", "cache").await;
    let started = berth.engine().container(&redis.id).unwrap().started_at().to_owned();

    proxy.cut().await;
    let unready = readiness(&ada, false).await;
    assert_eq!(unready["services"]["docker"]["ready"], false, "{unready}");
    ada.get(&format!("/allocations/{}/inspect", redis.id)).await.expect_refusal(503, "engine_unavailable");
    assert_eq!(ada.show(&redis.id).await.state, "running", "what needs no engine goes on");
    ada.get("/machines").await.expect(200);
    let line = ada.connection(&redis.id, "redis-cli").await;
    assert_eq!(berth_tests::shell::sh(&line, "PING\n").await.expect(&line), "PONG");
    let pending = ada.request("redis", "later").await;
    let body = json!({"machine_id": ada.machine("redis").await, "name": "later"});
    ada.post("/allocations", &body).await.expect_refusal(409, "name_taken");

    proxy.join();
    readiness(&ada, true).await;
    assert_eq!(ada.settled(&pending.id).await.state, "running", "what was accepted is carried out");
    assert_eq!(berth.engine().container(&redis.id).unwrap().started_at(), started, "it was not touched");
    let (status, restarted) = ada.change(&redis.id, "restart").await;
    assert_eq!((status, restarted.state.as_str()), (200, "running"));
}

/// What `/readyz` says once it says what is expected.
async fn readiness(person: &Person, ready: bool) -> Value {
    let status = if ready { 200 } else { 503 };
    let look = || async { person.get("/readyz").await };
    let reply = until("/readyz", look, |reply| reply.status == status).await;
    let body = reply.json();
    assert_eq!(body["ready"], ready);
    body
}
