//! What is seen from above, and the bounds that are set there.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join;
use kit::{Act, ErrorCode, PageRequest, TenantId};

use super::{World, at_once, insist, instances, plenty};
use crate::domain::lifecycle::{State, Verb};
use crate::domain::listing::{Filter, Sort};
use crate::domain::quota::Amounts;

impl World {
    fn bounding(&self) -> Act {
        Act::anonymous("quota.set", "tenant", self.tenant)
    }

    async fn bound(&self, limits: Option<Amounts>) -> crate::domain::quota::Quota {
        self.oversight.bound(self.tenant, limits, plenty(), self.bounding()).await.unwrap()
    }
}

testkit::contract! {
    /// Cases for `AllocationOversight`.
    pub fn allocation_oversight(world: World) {
        async fn anybodys_is_found_whatever_its_tenant() {
            let other = TenantId::mint(&world.ambient);
            let (mine, theirs) = (world.created().await, world.create(world.new_allocation_of(other)).await);
            for made in [mine, theirs] {
                assert_eq!(world.oversight.find(made.id).await.unwrap(), Some(made));
            }
            let nobodys = kit::AllocationId::mint(&world.ambient);
            assert_eq!(world.oversight.find(nobodys).await.unwrap(), None);
        }

        async fn everybodys_are_one_list_in_pieces() {
            let mut made = BTreeSet::new();
            for _ in 0..5 {
                made.insert(world.create(world.new_allocation_of(TenantId::mint(&world.ambient))).await.id);
            }
            let filter = Filter { sort: Sort::parse("name").unwrap(), ..Filter::default() };
            let mut page = PageRequest { limit: 2, after: None };
            let mut seen = Vec::new();
            for _ in 0..3 {
                let piece = world.oversight.list(&filter, &page).await.unwrap();
                seen.extend(piece.items.into_iter().map(|item| item.id));
                page.after = piece.next;
            }
            assert_eq!((seen.len(), page.after), (5, None));
            assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), made);
        }

        async fn a_tenants_past_is_told_newest_first_and_capped() {
            let gone = world.removed().await;
            let (older, newer) = (world.created().await, world.created().await);
            world.create(world.new_allocation_of(TenantId::mint(&world.ambient))).await;
            let told = |limit| world.oversight.of_tenant(world.tenant, limit);
            let ids: Vec<_> = told(9).await.unwrap().into_iter().map(|one| one.id).collect();
            assert_eq!(ids, [newer.id, older.id, gone.id]);
            assert_eq!(told(2).await.unwrap().len(), 2);
        }

        async fn what_a_tenant_still_has_is_without_the_removed() {
            let gone = world.removed().await;
            let alive = world.created().await;
            world.create(world.new_allocation_of(TenantId::mint(&world.ambient))).await;
            let live = world.oversight.live_of(world.tenant).await.unwrap();
            assert_eq!(live.iter().map(|one| one.id).collect::<Vec<_>>(), [alive.id]);
            assert_eq!(gone.state, State::Removed);
        }

        async fn a_closed_tenant_begins_nothing_and_can_still_be_emptied() {
            let (running, stopped) = (world.created().await, world.created().await);
            world.store.change(world.tenant, stopped.id, world.wish(Verb::Stop, stopped.id)).await.unwrap();
            for _ in 0..2 {
                world.oversight.close(world.tenant, world.ambient.now()).await.unwrap();
            }
            let before = (world.events().await.len(), world.acts().await.len());
            let create = world.store.create(world.tenant, world.with_key("k", 1), plenty()).await;
            assert_eq!(create.unwrap_err().code, ErrorCode::SessionClosed);
            for (verb, id) in [(Verb::Start, stopped.id), (Verb::Start, running.id), (Verb::Restart, running.id)] {
                let begun = world.store.change(world.tenant, id, world.wish(verb, id)).await;
                assert_eq!(begun.unwrap_err().code, ErrorCode::SessionClosed, "{verb:?}");
            }
            assert_eq!((world.events().await.len(), world.acts().await.len()), before, "a refusal leaves nothing");
            for (verb, id) in [(Verb::Stop, running.id), (Verb::Remove, running.id), (Verb::Remove, stopped.id)] {
                world.store.change(world.tenant, id, world.wish(verb, id)).await.unwrap();
            }
            world.create(world.new_allocation_of(TenantId::mint(&world.ambient))).await;
        }

        async fn what_is_there_when_a_tenant_is_closed_is_all_that_there_will_be() {
            let store = &world.store;
            let makes = at_once((0..60).map(|_| insist(store.as_ref(), world.new_allocation(), plenty())));
            let close = async {
                world.oversight.close(world.tenant, world.ambient.now()).await.unwrap();
                world.oversight.live_of(world.tenant).await.unwrap().len()
            };
            let (made, there) = join(makes, close).await;
            assert_eq!(made.iter().filter(|made| made.is_ok()).count(), there);
            let late = store.create(world.tenant, world.new_allocation(), plenty()).await;
            assert_eq!(late.unwrap_err().code, ErrorCode::SessionClosed);
            assert_eq!(world.oversight.live_of(world.tenant).await.unwrap().len(), there);
        }

        async fn a_closing_is_forgotten_with_what_was_removed_then() {
            let day = Duration::from_secs(86_400);
            let now = world.ambient.now();
            world.oversight.close(world.tenant, now).await.unwrap();
            world.fleet.sweep(now.plus(day * 29)).await.unwrap();
            let refused = world.store.create(world.tenant, world.new_allocation(), plenty()).await;
            assert_eq!(refused.unwrap_err().code, ErrorCode::SessionClosed);
            world.fleet.sweep(now.plus(day * 31)).await.unwrap();
            assert!(world.store.create(world.tenant, world.new_allocation(), plenty()).await.is_ok());
        }

        async fn a_bound_is_the_tenants_own_until_it_is_taken_back() {
            let set = world.bound(Some(instances(2))).await;
            assert_eq!((set.limits, set.is_default), (instances(2), false));
            let other = TenantId::mint(&world.ambient);
            let others = world.store.quota(other, plenty()).await.unwrap();
            assert_eq!((others.limits, others.is_default), (plenty(), true));
            let reset = world.bound(None).await;
            assert_eq!((reset.limits, reset.is_default), (plenty(), true));
            assert_eq!(world.store.quota(world.tenant, plenty()).await.unwrap(), reset);
        }

        async fn a_bound_below_what_is_held_takes_nothing_and_refuses_more() {
            for _ in 0..3 {
                world.created().await;
            }
            let set = world.bound(Some(instances(1))).await;
            assert_eq!((set.limits.instances, set.used.instances), (1, 3));
            assert_eq!(world.oversight.live_of(world.tenant).await.unwrap().len(), 3);
            let more = world.store.create(world.tenant, world.new_allocation(), plenty()).await;
            assert_eq!(more.unwrap_err().code, ErrorCode::QuotaExceeded);
            world.bound(Some(instances(4))).await;
            assert!(world.store.create(world.tenant, world.new_allocation(), plenty()).await.is_ok());
        }

        async fn a_bound_set_while_many_are_made_holds_from_its_commit_on() {
            let made = at_once((0..60).map(|n| {
                let world = &world;
                async move {
                    if n == 20 {
                        world.bound(Some(instances(3))).await;
                        true
                    } else {
                        insist(world.store.as_ref(), world.new_allocation(), plenty()).await.is_ok()
                    }
                }
            }))
            .await;
            let accepted = made.iter().filter(|made| **made).count() - 1;
            let (set, _) = world.acts().await.into_iter().find(|(_, act)| act.action == "quota.set").unwrap();
            let earlier = world.events().await.iter().filter(|(position, _)| *position < set).count();
            assert_eq!(accepted, earlier.max(3), "{earlier} were made before it");
            let used = world.store.quota(world.tenant, plenty()).await.unwrap().used;
            assert_eq!(used.instances as usize, accepted);
        }

        async fn a_bound_is_an_act() {
            world.bound(Some(instances(2))).await;
            let (_, act) = world.acts().await.pop().unwrap();
            assert_eq!((act.action, act.subject_id), ("quota.set".to_owned(), world.tenant.to_string()));
        }
    }
}
