//! Programs that do not get to run, or do not stay: the owner learns why, and sees their last words.

use berth_tests::engine::Holdings;
use berth_tests::person::nothing;
use berth_tests::{Allocation, Berth, machine, until};
use serde_json::json;

fn reason(allocation: &Allocation) -> (&str, &str) {
    let reason = allocation.reason.as_ref().unwrap_or_else(|| panic!("no reason: {allocation:?}"));
    assert_eq!(allocation.state, "failed");
    (&reason.code, &reason.detail)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_or_never_answers_fails_with_its_reason() {
    let berth = Berth::start().await;
    let ada = berth.person("ada").await;
    ada.add_machine(&machine::shell("short", "echo here I am; echo farewell >&2; exit 3")).await;
    let deaf = json!({"readiness": {"type": "tcp", "interval": "20ms", "timeout": "100ms", "retries": 5}});
    ada.add_machine(&machine::with(machine::shell("deaf", "echo not listening; exec sleep 1000"), deaf)).await;
    ada.add_machine(&machine::shell("greedy", "exec tail /dev/zero")).await;

    let short = ada.create("short", "short").await;
    let (code, detail) = reason(&short);
    assert_eq!(code, "container_exited");
    assert!(detail.contains("exit code 3") && detail.contains("farewell"), "{detail}");
    let log = ada.get(&format!("/allocations/{}/logs", short.id)).await;
    log.expect(200);
    assert!(log.text.contains("here I am") && log.text.contains("farewell"), "the log outlives it: {}", log.text);

    assert_eq!(reason(&ada.create("deaf", "deaf").await).0, "readiness_timeout");
    assert_eq!(reason(&ada.create("greedy", "greedy").await).0, "oom_killed");

    assert_eq!(ada.used().await, nothing());
    let left = || async { berth.engine().holdings() };
    until("the engine to be empty", left, |left| *left == Holdings::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dies_again_and_again_is_given_up_and_keeps_what_it_has() {
    let berth = Berth::start().await;
    let ada = berth.person("ada").await;
    // Answers, then dies: it counts as running each time.
    ada.add_machine(&machine::shell("mayfly", "httpd -p 8080 -h /tmp; sleep 1; echo farewell; exit 4")).await;
    let mayfly = ada.request("mayfly", "mayfly").await;
    let look = || async { ada.show(&mayfly.id).await };
    let failed = until("a crash loop to be given up", look, |now: &Allocation| now.state == "failed").await;
    let (code, detail) = reason(&failed);
    assert_eq!(code, "container_exited");
    assert!(
        detail.contains("times in a row") && detail.contains("exit code 4") && detail.contains("farewell"),
        "{detail}"
    );
    assert_eq!(ada.used().await["instances"], 1, "it ran, so it keeps its place");
    assert!(failed.ports[0].host_port.is_some());
    ada.remove(&mayfly.id).await;
    assert_eq!(ada.used().await, nothing());
}
