//! Things that end by themselves, and what the bus and the log's readers hear of it.

use bus::{OutboxSource, Topic, consume::Source as _};
use futures::StreamExt as _;
use proto::v1::{self, engine_client::EngineClient, log_frame::Frame};
use testkit::until;

use crate::world::{Subject, World, docker};

const SLEEP: &[&str] = &["sleep", "1000"];

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_that_died_is_made_again_with_its_container() {
    let world = World::new().await;
    let subject = Subject::new();
    world.running(&subject, SLEEP).await;
    let first = world.list().await.containers[0].container_id.clone();
    docker(&["rm", "-f", &format!("berth-sandbox-{}", subject.sandbox)]).await;
    world.running(&subject, SLEEP).await;
    let list = world.list().await;
    assert!(list.sandboxes[0].running && list.containers[0].state == "running");
    assert_ne!(list.containers[0].container_id, first, "it would be in the network that is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_whose_sandbox_began_anew_is_started_into_it() {
    let world = World::new().await;
    let subject = Subject::new();
    let serve = &["httpd", "-f", "-p", "8080", "-h", "/tmp"];
    world.running(&subject, serve).await;
    docker(&["restart", "-t", "0", &format!("berth-sandbox-{}", subject.sandbox)]).await;
    world.running(&subject, serve).await;
    world.client().readiness_wait(subject.readiness("tcp", 200)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bus_hears_of_a_start_and_an_end() {
    let world = World::new().await;
    let subject = Subject::new();
    world.running(&subject, SLEEP).await;
    docker(&["kill", &format!("berth-{}", subject.allocation)]).await;
    let source = OutboxSource::new(world.database.clone(), Topic::Node);
    let heard = until(
        || async {
            let records = source.after(0, 100).await.unwrap();
            let of = records.into_iter().map(|record| record.event);
            of.map(|event| (event.kind, event.data)).collect::<Vec<_>>()
        },
        |heard| heard.iter().any(|(kind, data)| kind == "node.container_died" && decode(data).exit_code == Some(137)),
    )
    .await;
    let kinds: Vec<&str> = heard.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds[0], "node.started");
    assert!(kinds.contains(&"node.container_started"), "{kinds:?}");
    let died = heard.iter().find(|(kind, _)| kind == "node.container_died").map(|(_, data)| decode(data)).unwrap();
    assert_eq!((died.site.as_str(), died.allocation_id), ("test", subject.allocation.to_string()));
}

fn decode(data: &[u8]) -> v1::NodeEvent {
    prost::Message::decode(data).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_container_says_reaches_a_reader_live_and_outlives_it() {
    let world = World::new().await;
    let subject = Subject::new();
    world.running(&subject, &["sh", "-c", "n=0; while true; do n=$((n+1)); echo line $n; sleep 0.1; done"]).await;
    let request = |follow| v1::LogsRequest {
        allocation_id: subject.allocation.to_string(),
        follow,
        stdout: true,
        stderr: true,
        ..v1::LogsRequest::default()
    };
    let mut client = EngineClient::new(world.peer.streams());
    let live = client.logs(request(true)).await.unwrap().into_inner();
    let lines: Vec<String> = live.filter_map(|frame| async { line(frame.unwrap()) }).take(5).collect().await;
    assert_eq!(lines, ["line 1", "line 2", "line 3", "line 4", "line 5"]);
    world.remove(&subject).await;
    let stored = client.logs(request(false)).await.unwrap().into_inner();
    let lines: Vec<String> = stored.filter_map(|frame| async { line(frame.unwrap()) }).collect().await;
    assert_eq!(lines[0], "line 1");
    let forget = v1::LogsForgetRequest { allocation_id: subject.allocation.to_string() };
    world.client().logs_forget(forget).await.unwrap();
    let stored = client.logs(request(false)).await.unwrap().into_inner();
    assert_eq!(stored.filter_map(|frame| async { line(frame.unwrap()) }).count().await, 0);
}

fn line(frame: v1::LogFrame) -> Option<String> {
    match frame.frame {
        Some(Frame::Line(line)) => Some(line.line),
        _ => None,
    }
}
