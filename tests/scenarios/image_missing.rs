//! A machine whose image cannot be had: its allocation says so, and holds nothing.

use berth_tests::engine::Holdings;
use berth_tests::person::nothing;
use berth_tests::{Allocation, Berth, machine, until};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_cannot_be_had_fails_and_gives_everything_back() {
    let berth = Berth::start().await;
    let admin = berth.person("admin").await;
    // Nothing listens on the discard port, so that the refusal comes at once.
    let volume = json!({"name": "data", "path": "/data", "default_size": "16MiB"});
    let limits = json!({"cpu": 0.25, "memory": "16MiB", "pids": 16, "disk": "16MiB"});
    let changes = json!({
        "image": "127.0.0.1:9/nothing:1", "volumes": [volume], "limits": {"default": limits, "maximum": limits},
    });
    let made = admin.add_machine(&machine::with(machine::tiny("nothing", machine::SERVE), changes)).await;
    let failed = admin.create("nothing", "hopeless").await;
    could_not_have_it(&failed);
    holds_nothing(&berth).await;
    assert_eq!(admin.used().await, nothing());
    assert_eq!(failed.ports[0].host_port, None);

    // What it was made from goes with the row, not with the catalogue.
    admin.delete(&format!("/machines/{made}")).await.expect(204);
    let (status, again) = admin.change(&failed.id, "start").await;
    assert_eq!(status, 202, "it did not get to run");
    could_not_have_it(&again);
    holds_nothing(&berth).await;
    assert_eq!(admin.used().await, nothing());
    admin.remove(&failed.id).await;
    assert_eq!(admin.get("/allocations").await.expect(200)["items"], json!([]));
}

fn could_not_have_it(allocation: &Allocation) {
    let reason = allocation.reason.clone().unwrap_or_else(|| panic!("no reason: {allocation:?}"));
    assert_eq!((allocation.state.as_str(), reason.code.as_str()), ("failed", "image_pull_failed"));
    assert!(reason.detail.contains("127.0.0.1:9/nothing:1") && reason.detail.ends_with('.'), "{}", reason.detail);
}

async fn holds_nothing(berth: &Berth) {
    let left = || async { berth.engine().holdings() };
    until("the engine to be empty", left, |left| *left == Holdings::default()).await;
}
