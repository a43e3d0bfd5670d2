//! Tenants' networks: shared by a tenant's allocations, gone with the last, never overlapping.

use std::collections::BTreeSet;

use futures::future::join_all;
use kit::ErrorCode;
use proto::v1;

use crate::world::{Subject, World, code};

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_allocations_share_a_network_that_goes_with_the_last() {
    let world = World::new().await;
    let first = Subject::new();
    let second = Subject::of(first.tenant);
    world.sandbox(&first).await;
    world.sandbox(&second).await;
    assert_eq!(world.list().await.networks[0].sandboxes, 2);
    world.remove(&first).await;
    assert_eq!(world.list().await.networks.len(), 1);
    world.remove(&second).await;
    assert_eq!(world.list().await.networks, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_was_promised_stays() {
    let world = World::new().await;
    let first = Subject::new();
    let second = Subject::of(first.tenant);
    world.client().network_ensure(first.network()).await.unwrap();
    let promised = world.client().network_ensure(second.network()).await.unwrap().into_inner().name;
    world.client().network_release(v1::NetworkReleaseRequest { command: first.command(1) }).await.unwrap();
    world.client().sandbox_ensure(second.sandbox(&promised)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tenants_at_once_get_subnets_that_do_not_overlap() {
    let world = World::new().await;
    let subjects: Vec<Subject> = (0..6).map(|_| Subject::new()).collect();
    let made =
        join_all(subjects.iter().map(|subject| async {
            world.client().network_ensure(subject.network()).await.unwrap().into_inner().subnet
        }));
    let subnets: BTreeSet<String> = made.await.into_iter().collect();
    assert_eq!(subnets.len(), 6);
    assert!(subnets.iter().all(|subnet| subnet.ends_with("/26")), "{subnets:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_finds_its_network_again_but_never_anothers() {
    let world = World::new().await;
    let (subject, stranger) = (Subject::new(), Subject::new());
    let network = world.client().network_ensure(subject.network()).await.unwrap().into_inner().name;
    for name in [network.as_str(), "bridge", "host"] {
        let refused = world.client().sandbox_ensure(stranger.sandbox(name)).await;
        assert_eq!(code(refused), ErrorCode::InvalidInput, "{name}");
    }
    world.client().network_release(v1::NetworkReleaseRequest { command: subject.command(1) }).await.unwrap();
    assert_eq!(world.list().await.networks, []);
    world.client().sandbox_ensure(subject.sandbox(&network)).await.unwrap();
    assert_eq!(world.list().await.networks[0].name, network);
}
