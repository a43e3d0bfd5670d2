//! An engine that is away: every call says so, and all goes on by itself when it comes back.

use std::path::{Path, PathBuf};

use bus::{OutboxSource, Topic, consume::Source as _};
use kit::ErrorCode;
use proto::v1;
use testkit::until;
use tokio::net::{UnixListener, UnixStream};
use tokio_util::task::AbortOnDropHandle;

use crate::world::{Subject, World, code};

/// A socket before the real one, which comes and goes. Dropping it cuts every connection.
fn engine_at(path: PathBuf) -> AbortOnDropHandle<()> {
    let listener = UnixListener::bind(&path).unwrap();
    AbortOnDropHandle::new(tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((mut near, _)) = listener.accept().await {
            connections.spawn(async move {
                let mut far = UnixStream::connect("/var/run/docker.sock").await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    }))
}

async fn until_ready(world: &World, wanted: bool) {
    until(|| async { world.readiness.report() }, |report| report.ready == wanted).await;
}

async fn starts(world: &World) -> usize {
    let records = OutboxSource::new(world.database.clone(), Topic::Node).after(0, 100).await.unwrap();
    records.iter().filter(|record| record.event.kind == "node.started").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_may_come_late_and_go_and_come_back() {
    let directory = tempfile::tempdir().unwrap();
    let path: &Path = &directory.path().join("engine.sock");
    let world = World::on(Some(format!("unix://{}", path.display()))).await;
    until(|| async { world.readiness.report().parts["engine"].clone() }, |said| said.contains("does not answer")).await;
    let unavailable = || async { code(world.client().list(v1::ListRequest {}).await) };
    assert_eq!(unavailable().await, ErrorCode::EngineUnavailable);
    let engine = engine_at(path.to_owned());
    until_ready(&world, true).await;
    let subject = Subject::new();
    world.running(&subject, &["sleep", "1000"]).await;
    until(|| starts(&world), |starts| *starts >= 1).await;
    drop(engine);
    std::fs::remove_file(path).unwrap();
    until_ready(&world, false).await;
    assert_eq!(unavailable().await, ErrorCode::EngineUnavailable);
    // A hint more, from a connection that was cut while it was made, is harmless; one less would be a lost one.
    let before = starts(&world).await;
    let _engine = engine_at(path.to_owned());
    until_ready(&world, true).await;
    assert_eq!(world.list().await.containers[0].state, "running");
    until(|| starts(&world), |starts| *starts > before).await;
}
