//! The tenant's side.

use futures::future::join_all;
use kit::{AllocationId, ErrorCode, PageRequest, TenantId};

use super::{World, at_once, insist, instances, plenty};
use crate::domain::allocation::PortLease;
use crate::domain::lifecycle::{Desired, State, Verb};
use crate::domain::listing::Filter;

testkit::contract! {
    /// Cases for `AllocationStore`.
    pub fn allocation_store(world: World) {
        async fn what_was_created_is_found_with_its_leases() {
            let made = world.created().await;
            assert_eq!(made.state, State::Requested);
            let port = made.ports[0].host_port.expect("a port is leased with the row");
            assert!((20_000..=29_999).contains(&port) && !made.ports[0].bound);
            assert_eq!(world.store.find(world.tenant, made.id).await.unwrap(), Some(made));
        }

        async fn a_strangers_is_none() {
            let made = world.created().await;
            let stranger = TenantId::mint(&world.ambient);
            assert_eq!(world.store.find(stranger, made.id).await.unwrap(), None);
            assert_eq!(world.store.values(stranger, made.id).await.unwrap_err().code, ErrorCode::AllocationNotFound);
            let stop = world.store.change(stranger, made.id, world.wish(Verb::Stop, made.id)).await;
            assert_eq!(stop.unwrap_err().code, ErrorCode::AllocationNotFound);
            let page = PageRequest::parse(None, None).unwrap();
            assert!(world.store.ledger(stranger, made.id, &page).await.unwrap().items.is_empty());
            assert!(world.store.list(stranger, &Filter::default(), &page).await.unwrap().items.is_empty());
        }

        async fn a_quota_of_three_gives_three_of_fifty() {
            let made = at_once((0..50).map(|_| insist(world.store.as_ref(), world.new_allocation(), instances(3)))).await;
            assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 3);
            let refused = made.into_iter().filter_map(Result::err).map(|failure| failure.code);
            assert!(refused.into_iter().all(|code| code == ErrorCode::QuotaExceeded));
            let used = world.store.quota(world.tenant, instances(3)).await.unwrap().used;
            assert_eq!((used.instances, used.ports), (3, 3));
        }

        async fn a_name_is_taken_once_and_a_refusal_takes_nothing() {
            let first = world.created().await;
            let mut second = world.new_allocation();
            second.allocation.name.clone_from(&first.name);
            let refused = world.store.create(world.tenant, second, plenty()).await.unwrap_err();
            assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::NameTaken, Some("name")));
            assert_eq!(world.store.quota(world.tenant, plenty()).await.unwrap().used.instances, 1);
            let other = TenantId::mint(&world.ambient);
            let mut same = world.new_allocation();
            same.allocation.name = first.name;
            same.allocation.tenant = other;
            assert!(world.store.create(other, same, plenty()).await.is_ok());
        }

        async fn ports_are_never_leased_twice() {
            let made = at_once((0..60).map(|_| world.created())).await;
            let ports: std::collections::BTreeSet<_> = made.iter().map(|made| made.ports[0].host_port).collect();
            assert_eq!(ports.len(), 60);
        }

        async fn a_key_gives_the_same_and_refuses_another_body() {
            let asked = (0..10).map(|_| insist(world.store.as_ref(), world.with_key("k", 1), plenty()));
            let made: Vec<_> = join_all(asked).await.into_iter().map(Result::unwrap).collect();
            let ids: std::collections::BTreeSet<AllocationId> = made.iter().map(|(made, _)| made.id).collect();
            assert_eq!((ids.len(), made.iter().filter(|(_, replayed)| !replayed).count()), (1, 1));
            let other = world.store.create(world.tenant, world.with_key("k", 2), plenty()).await;
            assert_eq!(other.unwrap_err().code, ErrorCode::IdempotencyKeyReused);
            let found = world.store.find_by_key(world.tenant, &world.with_key("k", 1).key.unwrap()).await;
            assert_eq!(found.unwrap().map(|found| found.id), ids.first().copied());
        }

        async fn a_key_of_yesterday_is_free_again() {
            let mut old = world.with_key("k", 1);
            old.allocation.created_at = world.ambient.now().minus(std::time::Duration::from_secs(86_401));
            let (old, _) = world.store.create(world.tenant, old, plenty()).await.unwrap();
            let (new, replayed) = world.store.create(world.tenant, world.with_key("k", 2), plenty()).await.unwrap();
            assert!(new.id != old.id && !replayed);
        }

        async fn secrets_come_back_unsealed_and_only_there() {
            let new = world.new_allocation();
            let values = new.values.clone();
            let (made, _) = world.store.create(world.tenant, new, plenty()).await.unwrap();
            assert_eq!(world.store.values(world.tenant, made.id).await.unwrap(), values);
            assert!(!format!("{made:?}").contains(&values.0["password"].as_text()));
        }

        async fn a_wish_during_work_is_noted_and_a_removal_takes_the_works_place() {
            let made = world.created().await;
            let stopping = world.store.change(world.tenant, made.id, world.wish(Verb::Stop, made.id)).await.unwrap();
            assert_eq!((stopping.desired, stopping.state), (Desired::Stopped, State::Requested));
            let removing = world.store.change(world.tenant, made.id, world.wish(Verb::Remove, made.id)).await.unwrap();
            assert_eq!((removing.desired, removing.state), (Desired::Removed, State::Removing));
            let again = world.store.change(world.tenant, made.id, world.wish(Verb::Remove, made.id)).await.unwrap();
            assert_eq!(again.revision, removing.revision);
            let start = world.store.change(world.tenant, made.id, world.wish(Verb::Start, made.id)).await;
            assert_eq!(start.unwrap_err().code, ErrorCode::AllocationRemoved);
        }

        async fn every_change_is_in_the_ledger() {
            let made = world.created().await;
            world.store.change(world.tenant, made.id, world.wish(Verb::Remove, made.id)).await.unwrap();
            let newest = PageRequest { limit: 9, after: None };
            let ledger = world.store.ledger(world.tenant, made.id, &newest).await.unwrap().items;
            let states: Vec<State> = ledger.iter().map(|entry| entry.state).collect();
            assert_eq!(states, [State::Removing, State::Requested]);
            assert!(ledger.iter().all(|entry| entry.cause == "user" && entry.actor.is_some()));
        }

        async fn a_site_that_is_full_says_so() {
            let with_ports = |count| {
                let mut new = world.new_allocation();
                let port = new.allocation.ports[0].clone();
                new.allocation.ports = (0..count).map(|n| PortLease { name: format!("p{n}"), ..port.clone() }).collect();
                world.replica.store.create(world.tenant, new, plenty())
            };
            for count in [40, 40] {
                with_ports(count).await.unwrap();
            }
            assert_eq!(with_ports(21).await.unwrap_err().code, ErrorCode::SiteFull);
            assert_eq!(world.store.quota(world.tenant, plenty()).await.unwrap().used.ports, 80, "a refusal takes nothing");
            with_ports(20).await.unwrap();
            assert_eq!(with_ports(1).await.unwrap_err().code, ErrorCode::SiteFull);
        }
    }
}
