//! Waiting for a program: it answers, does not, or ends instead.

use kit::{ErrorCode, Failure};
use proto::v1;

use crate::world::{Subject, World, failure};

async fn refused(world: &World, subject: &Subject, args: &[&str]) -> Failure {
    world.running(subject, args).await;
    failure(world.client().readiness_wait(subject.readiness("tcp", 200)).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn http_and_exec_probes_are_answered() {
    let world = World::new().await;
    let subject = Subject::new();
    world
        .running(&subject, &["sh", "-c", "mkdir /tmp/w; echo hi > /tmp/w/index.html; httpd -f -p 8080 -h /tmp/w"])
        .await;
    world.client().readiness_wait(subject.readiness("http", 200)).await.unwrap();
    let mut missing = subject.readiness("http", 3);
    missing.probe.as_mut().unwrap().path = Some("/missing".to_owned());
    let late = failure(world.client().readiness_wait(missing.clone()).await);
    assert_eq!(late.code, ErrorCode::ReadinessTimeout);
    missing.probe.as_mut().unwrap().status = Some(404);
    world.client().readiness_wait(missing).await.unwrap();
    let mut exec = subject.readiness("exec", 3);
    exec.probe.as_mut().unwrap().command = ["test", "-f", "/tmp/w/index.html"].map(str::to_owned).to_vec();
    world.client().readiness_wait(exec.clone()).await.unwrap();
    exec.probe.as_mut().unwrap().command[2] = "/tmp/nothing".to_owned();
    assert_eq!(failure(world.client().readiness_wait(exec).await).code, ErrorCode::ReadinessTimeout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_ends_says_its_code_and_last_words() {
    let world = World::new().await;
    let subject = Subject::new();
    let failure = refused(&world, &subject, &["sh", "-c", "echo no such luck; exit 3"]).await;
    assert_eq!(failure.code, ErrorCode::ContainerExited);
    assert!(failure.detail.contains("exit code 3") && failure.detail.contains("no such luck"), "{failure}");
    let request = v1::ContainerInspectRequest { allocation_id: subject.allocation.to_string() };
    let found = world.client().container_inspect(request).await.unwrap().into_inner();
    assert_eq!(
        (found.state.as_str(), found.exit_code, found.last_lines),
        ("exited", Some(3), vec!["no such luck".to_owned()])
    );
    assert_eq!(world.list().await.containers[0].exit_code, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_takes_too_much_memory_is_told_so() {
    let world = World::new().await;
    // `tail` keeps the one endless line in memory.
    let failure = refused(&world, &Subject::new(), &["tail", "/dev/zero"]).await;
    assert_eq!(failure.code, ErrorCode::OomKilled, "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_only_runs_is_late_but_ready_where_only_datagrams_are_wanted() {
    let world = World::new().await;
    let subject = Subject::new();
    world.running(&subject, &["sleep", "1000"]).await;
    let late = failure(world.client().readiness_wait(subject.readiness("tcp", 3)).await);
    assert_eq!(late.code, ErrorCode::ReadinessTimeout);
    let mut datagrams = subject.readiness("tcp", 3);
    datagrams.protocol = "udp".to_owned();
    world.client().readiness_wait(datagrams).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_container_there_is_nothing_to_start() {
    let world = World::new().await;
    let subject = Subject::new();
    let missing = failure(world.client().container_start(subject.request()).await);
    assert_eq!(missing.code, ErrorCode::AllocationNotFound);
    let stopped = world.client().container_stop(subject.stop()).await.unwrap().into_inner();
    assert_eq!(stopped.container_id, "");
}
