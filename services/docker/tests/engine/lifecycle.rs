//! From nothing to a running container and back, each verb twice.

use kit::ErrorCode;
use proto::v1;
use tokio::net::TcpStream;

use crate::world::{Subject, World, code, docker, failure};

const SERVE: &[&str] = &["httpd", "-f", "-p", "8080", "-h", "/tmp"];

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_twice_is_one_effect() {
    let world = World::new().await;
    let (subject, mut engine) = (Subject::new(), world.client());
    for _ in 0..2 {
        let image = v1::ImageEnsureRequest { command: subject.command(1), image: "berth-tiny:1".to_owned() };
        assert!(engine.image_ensure(image).await.unwrap().into_inner().digest.starts_with("sha256:"));
        let first = engine.network_ensure(subject.network()).await.unwrap().into_inner();
        engine.sandbox_ensure(subject.sandbox(&first.name)).await.unwrap();
        engine.container_ensure(subject.container(SERVE)).await.unwrap();
        engine.container_start(subject.request()).await.unwrap();
        engine.readiness_wait(subject.readiness("tcp", 200)).await.unwrap();
    }
    TcpStream::connect(("127.0.0.1", subject.host_port)).await.unwrap();
    let list = world.list().await;
    assert_eq!((list.containers.len(), list.sandboxes.len(), list.networks.len()), (1, 1, 1));
    assert_eq!(list.containers[0].state, "running");
    assert_eq!((list.networks[0].sandboxes, list.sandboxes[0].sandbox_id.clone()), (1, subject.sandbox.to_string()));
    for _ in 0..2 {
        engine.container_stop(subject.stop()).await.unwrap();
        let stop = v1::SandboxStopRequest { command: subject.command(1), sandbox_id: subject.sandbox.to_string() };
        engine.sandbox_stop(stop).await.unwrap();
    }
    assert!(TcpStream::connect(("127.0.0.1", subject.host_port)).await.is_err());
    for _ in 0..2 {
        world.remove(&subject).await;
    }
    assert_eq!(world.list().await, v1::ListReply::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_stopped_starts_again_on_the_same_port() {
    let world = World::new().await;
    let subject = Subject::new();
    world.running(&subject, SERVE).await;
    world.client().container_stop(subject.stop()).await.unwrap();
    let stop = v1::SandboxStopRequest { command: subject.command(1), sandbox_id: subject.sandbox.to_string() };
    world.client().sandbox_stop(stop).await.unwrap();
    world.running(&subject, SERVE).await;
    world.client().readiness_wait(subject.readiness("tcp", 200)).await.unwrap();
    TcpStream::connect(("127.0.0.1", subject.host_port)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_name_with_another_specification_is_a_conflict() {
    let world = World::new().await;
    let subject = Subject::new();
    world.running(&subject, SERVE).await;
    let other = world.client().container_ensure(subject.container(&["sleep", "1"])).await;
    assert_eq!(code(other), ErrorCode::ContainerConflict);
    let network = world.list().await.networks[0].name.clone();
    let mut moved = subject.sandbox(&network);
    moved.ports[0].container_port = 1;
    assert_eq!(code(world.client().sandbox_ensure(moved).await), ErrorCode::ContainerConflict);
    assert_eq!(world.list().await.containers[0].state, "running");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_said_and_leaves_nothing_behind() {
    let world = World::new().await;
    let subject = Subject::new();
    let network = world.client().network_ensure(subject.network()).await.unwrap().into_inner().name;
    let listener = std::net::TcpListener::bind(("127.0.0.1", subject.host_port)).unwrap();
    for _ in 0..2 {
        let refused = world.client().sandbox_ensure(subject.sandbox(&network)).await;
        assert_eq!(code(refused), ErrorCode::PortUnavailable);
        assert_eq!(world.list().await.sandboxes, []);
    }
    drop(listener);
    world.client().sandbox_ensure(subject.sandbox(&network)).await.unwrap();
    // Another sandbox's port is found taken in the engine's own books.
    let mut neighbour = Subject::new();
    neighbour.host_port = subject.host_port;
    let network = world.client().network_ensure(neighbour.network()).await.unwrap().into_inner().name;
    let refused = world.client().sandbox_ensure(neighbour.sandbox(&network)).await;
    assert_eq!(code(refused), ErrorCode::PortUnavailable);
    assert_eq!(world.list().await.sandboxes.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_of_an_old_lease_is_refused() {
    let world = World::new().await;
    let subject = Subject::new();
    let at = |epoch| v1::NetworkEnsureRequest { command: subject.command(epoch) };
    world.client().network_ensure(at(5)).await.unwrap();
    assert_eq!(code(world.client().network_ensure(at(4)).await), ErrorCode::StaleEpoch);
    world.client().network_ensure(at(5)).await.unwrap();
    let another = Subject::new();
    world.client().network_ensure(another.network()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_installations_containers_are_neither_seen_nor_touched() {
    let (world, other) = (World::new().await, World::new().await);
    let subject = Subject::new();
    world.running(&subject, SERVE).await;
    assert_eq!(other.list().await, v1::ListReply::default());
    other.remove(&subject).await;
    let network = other.client().network_ensure(subject.network()).await.unwrap().into_inner().name;
    assert_eq!(code(other.client().sandbox_ensure(subject.sandbox(&network)).await), ErrorCode::ContainerConflict);
    assert_eq!(world.list().await.containers[0].state, "running");
    assert!(world.list().await.sandboxes[0].running);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_cannot_be_had_says_so() {
    let world = World::new().await;
    // Port 9 of the host: nothing listens there, so the registry is away at once.
    let image = v1::ImageEnsureRequest { command: Subject::new().command(1), image: "127.0.0.1:9/none:1".to_owned() };
    let failure = failure(world.client().image_ensure(image).await);
    assert_eq!(failure.code, ErrorCode::ImagePullFailed);
    assert!(failure.detail.contains("127.0.0.1:9/none:1"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_carries_our_labels_and_the_engine_knows_no_more() {
    let world = World::new().await;
    let subject = Subject::new();
    world.running(&subject, SERVE).await;
    let installation = world.identity.installation.to_string();
    for name in [format!("berth-{}", subject.allocation), format!("berth-sandbox-{}", subject.sandbox)] {
        let format = "{{index .Config.Labels \"berth.installation\"}} {{.HostConfig.Privileged}} {{.HostConfig.Binds}}";
        let (_, said) = docker(&["inspect", "--format", format, &name]).await;
        assert_eq!(said, format!("{installation} false []"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn services_without_business_here_are_refused() {
    let world = World::new().await;
    let listed = world.list().await;
    assert_eq!(listed, v1::ListReply::default());
    assert!(!world.refuses(kit::ServiceName::Allocation).await);
    for service in [kit::ServiceName::Feed, kit::ServiceName::User, kit::ServiceName::Interact] {
        assert!(world.refuses(service).await, "{service}");
    }
}
