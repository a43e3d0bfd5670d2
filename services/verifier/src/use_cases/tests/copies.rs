//! Machines and allocations: as new as what the asker has seen, and never another tenant's.

use std::time::Duration;

use kit::{ErrorCode, TenantId};

use crate::domain::{AllocationCopy, Effect, MachineCopy};
use crate::fakes::Bench;
use crate::samples;
use crate::use_cases::{allocation, machine};

#[tokio::test]
async fn a_machine_that_was_made_a_moment_ago_is_found() {
    let bench = Bench::start().await;
    let new = samples::machine(&bench.ambient, 1);
    bench.world.machines.lock().unwrap().insert(new.id, new.clone());
    assert_eq!(machine(&bench.app, new.id, None).await.unwrap(), new);
    assert_eq!(bench.asked(), 1);
}

#[tokio::test]
async fn the_revision_that_a_client_saw_is_the_least_it_gets() {
    let bench = Bench::impatient(Duration::from_millis(5)).await;
    let old = samples::machine(&bench.ambient, 1);
    let new = MachineCopy { revision: 2, message: vec![2], ..old.clone() };
    bench.announce(Effect::Machine(old.clone())).await;
    bench.world.machines.lock().unwrap().insert(new.id, new.clone());
    assert_eq!(machine(&bench.app, new.id, Some(1)).await.unwrap(), old);
    assert_eq!(machine(&bench.app, new.id, Some(2)).await.unwrap(), new);
}

#[tokio::test]
async fn a_deleted_machine_is_not_found_once_its_owner_says_so_too() {
    let bench = Bench::start().await;
    let deleted = MachineCopy { deleted: true, ..samples::machine(&bench.ambient, 2) };
    bench.announce(Effect::Machine(deleted.clone())).await;
    assert_eq!(machine(&bench.app, deleted.id, None).await.unwrap_err().code, ErrorCode::MachineNotFound);
    assert_eq!(bench.asked(), 1);
}

#[tokio::test]
async fn an_allocation_is_its_tenants_whoever_answers() {
    let bench = Bench::impatient(Duration::from_millis(5)).await;
    let (copied, owned) = (samples::allocation(&bench.ambient, 1), samples::allocation(&bench.ambient, 1));
    bench.announce(Effect::Allocation(copied.clone())).await;
    for allocation in [&copied, &owned] {
        bench.world.allocations.lock().unwrap().insert(allocation.id, allocation.clone());
    }
    let stranger = TenantId::mint(&bench.ambient);
    for one in [copied, owned] {
        assert_eq!(allocation(&bench.app, one.tenant, one.id, None).await.unwrap(), one);
        for least in [None, Some(9)] {
            let refused = allocation(&bench.app, stranger, one.id, least).await.unwrap_err();
            assert_eq!(refused.code, ErrorCode::AllocationNotFound);
        }
    }
}

#[tokio::test]
async fn an_owner_that_is_away_is_said_to_be() {
    let bench = Bench::impatient(Duration::from_millis(5)).await;
    let old = samples::allocation(&bench.ambient, 1);
    bench.announce(Effect::Allocation(old.clone())).await;
    bench.away(true);
    let ask = async |least| allocation(&bench.app, old.tenant, old.id, least).await;
    assert_eq!(ask(Some(1)).await.unwrap(), AllocationCopy { ..old.clone() });
    assert_eq!(ask(Some(2)).await.unwrap_err().code, ErrorCode::PeerUnavailable);
}
