//! Two platforms on one engine: what one does, the other's containers do not notice.

use berth_tests::engine::output;
use berth_tests::{Allocation, Berth, Engine, Person, until};
use futures::future::join_all;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn two_platforms_on_one_engine_never_touch_each_other() {
    let (mut ours, theirs) = Berth::two().await;
    let (ada, bob) = (ours.person("ada").await, berth_person(&theirs).await);
    let orphan = orphan(&ours.engine());
    let made = join_all((0..3).map(|number| both(&ada, &bob, number))).await;
    let mut ports: Vec<u16> = made.iter().flat_map(|(one, other)| [one.address().1, other.address().1]).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 6, "one range of ports, shared without a clash");
    assert_eq!(ada.get("/allocations").await.expect(200)["items"].as_array().map(Vec::len), Some(3));
    ada.get(&format!("/allocations/{}", made[0].1.id)).await.expect_refusal(404, "allocation_not_found");

    let before = starts(&theirs.engine());
    assert_eq!(before.len(), 6, "three sandboxes and three containers");
    ada.change(&made[0].0.id, "stop").await;
    ada.remove(&made[1].0.id).await;
    ours.kill().await;
    ours.start_again().await;
    // What carries our label and belongs to no allocation goes, after its grace; theirs stays meanwhile.
    let gone = || async { output("docker", &["ps", "-aq", "--filter", &format!("name={orphan}")]) };
    until("the orphan to be swept", gone, String::is_empty).await;
    assert_eq!(starts(&theirs.engine()), before);
    assert_eq!(ours.stop().await, Some(0));
    ours.engine().remove();
    assert_eq!(starts(&theirs.engine()), before);
    for (_, other) in &made {
        let line = bob.connection(&other.id, "redis-cli").await;
        assert_eq!(berth_tests::shell::sh(&line, "PING\n").await.expect(&line), "PONG");
    }
}

async fn berth_person(berth: &Berth) -> Person {
    berth.person("bob").await
}

/// One on each, at the same moment.
async fn both(ada: &Person, bob: &Person, number: u32) -> (Allocation, Allocation) {
    let name = format!("cache-{number}");
    tokio::join!(ada.running("redis", &name), bob.running("redis", &name))
}

/// Every container with the time of its start: another start is another time.
fn starts(engine: &Engine) -> Vec<(String, String)> {
    let all = engine.all().into_iter().filter(berth_tests::engine::Container::is_running);
    let mut starts: Vec<_> = all.map(|found| (found.name().to_owned(), found.started_at().to_owned())).collect();
    starts.sort();
    starts
}

/// Something of an installation's that no allocation knows, as a lost undo would leave it.
fn orphan(engine: &Engine) -> String {
    // Names are the engine's: another run's orphan must not be in the way.
    let allocation = format!("0190b1d6-7f3a-7cc1-9a3e-{}", &engine.installation[24..]);
    let name = format!("berth-{allocation}");
    let labels = json!({
        "berth.installation": engine.installation, "berth.site": "local", "berth.kind": "container",
        "berth.tenant": "0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8b", "berth.allocation": allocation,
    });
    let labels: Vec<String> = labels
        .as_object()
        .into_iter()
        .flatten()
        .map(|(label, value)| format!("--label={label}={}", value.as_str().unwrap_or_default()))
        .collect();
    let mut arguments = vec!["create", "--name", &name];
    arguments.extend(labels.iter().map(String::as_str));
    arguments.push(berth_tests::machine::IMAGE);
    assert!(!output("docker", &arguments).is_empty(), "the orphan could not be made");
    name
}
