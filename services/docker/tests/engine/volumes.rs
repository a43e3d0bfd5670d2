//! Volumes: held to their size, kept over re-creation, removed only when nobody uses them.

use kit::{Ambient, ErrorCode, VolumeId};
use proto::v1;

use crate::world::{Subject, World, code};

const MIB: u64 = 1 << 20;
const SLEEP: &[&str] = &["sleep", "1000"];

async fn mounted(world: &World, subject: &Subject, volume: VolumeId) {
    world.sandbox(subject).await;
    let mut container = subject.container(SLEEP);
    container.mounts = vec![v1::Mount { volume_id: volume.to_string(), path: "/data".to_owned() }];
    world.client().container_ensure(container).await.unwrap();
    world.client().container_start(subject.request()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_is_full_at_its_size_and_was_empty_before() {
    let world = World::new().await;
    let (subject, volume) = (Subject::new(), VolumeId::mint(&Ambient::system()));
    let made = world.client().volume_ensure(subject.volume(volume, 16 * MIB)).await.unwrap().into_inner();
    assert!(made.size_enforced);
    mounted(&world, &subject, volume).await;
    assert_eq!(subject.sh("ls -A /data").await, (true, String::new()));
    let (written, said) = subject.sh("dd if=/dev/zero of=/data/full bs=64k count=320").await;
    assert!(!written && said.contains("No space left"), "{said}");
    let (_, size) = subject.sh("stat -c %s /data/full").await;
    let size: u64 = size.parse().unwrap();
    assert!((8 * MIB..16 * MIB).contains(&size), "{size} bytes fitted");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_outlives_its_container() {
    let world = World::new().await;
    let (subject, volume) = (Subject::new(), VolumeId::mint(&Ambient::system()));
    for _ in 0..2 {
        world.client().volume_ensure(subject.volume(volume, 8 * MIB)).await.unwrap();
    }
    mounted(&world, &subject, volume).await;
    assert_eq!(subject.sh("echo kept > /data/it && sync").await, (true, String::new()));
    world.remove(&subject).await;
    assert_eq!(world.list().await.volumes[0].volume_id, volume.to_string());
    mounted(&world, &subject, volume).await;
    assert_eq!(subject.sh("cat /data/it").await, (true, "kept".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_in_use_stays_and_goes_afterwards() {
    let world = World::new().await;
    let (subject, volume) = (Subject::new(), VolumeId::mint(&Ambient::system()));
    world.client().volume_ensure(subject.volume(volume, 8 * MIB)).await.unwrap();
    mounted(&world, &subject, volume).await;
    let remove = || v1::VolumeRemoveRequest { command: subject.command(1), volume_id: volume.to_string() };
    assert_eq!(code(world.client().volume_remove(remove()).await), ErrorCode::AllocationBusy);
    assert_eq!(subject.sh("touch /data/still").await, (true, String::new()));
    world.remove(&subject).await;
    for _ in 0..2 {
        world.client().volume_remove(remove()).await.unwrap();
    }
    assert_eq!(world.list().await, v1::ListReply::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_that_is_missing_or_anothers_is_not_made_up() {
    let world = World::new().await;
    let (subject, stranger) = (Subject::new(), Subject::new());
    let (missing, others) = (VolumeId::mint(&Ambient::system()), VolumeId::mint(&Ambient::system()));
    world.client().volume_ensure(stranger.volume(others, 8 * MIB)).await.unwrap();
    world.sandbox(&subject).await;
    for volume in [missing, others] {
        let mut container = subject.container(SLEEP);
        container.mounts = vec![v1::Mount { volume_id: volume.to_string(), path: "/data".to_owned() }];
        assert_eq!(code(world.client().container_ensure(container).await), ErrorCode::InvalidInput);
    }
    assert_eq!(world.list().await.containers, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_installations_volume_is_neither_used_nor_removed() {
    let (world, other) = (World::new().await, World::new().await);
    let (subject, volume) = (Subject::new(), VolumeId::mint(&Ambient::system()));
    world.client().volume_ensure(subject.volume(volume, 8 * MIB)).await.unwrap();
    let refused = other.client().volume_ensure(subject.volume(volume, 8 * MIB)).await;
    assert_eq!(code(refused), ErrorCode::ContainerConflict);
    let remove = v1::VolumeRemoveRequest { command: subject.command(1), volume_id: volume.to_string() };
    other.client().volume_remove(remove).await.unwrap();
    assert_eq!(world.list().await.volumes.len(), 1);
}
