//! Several processes over one store: what one of them may do, another must not do as well, and what one did the other sees.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::{join, join_all};
use kit::{AllocationId, ErrorCode, Failure};

use super::fleet::LEASE;
use super::{World, at_once, insist, instances, plenty};
use crate::domain::lifecycle::{State, Verb, Work};
use crate::ports::fleet::{Progress, Release, Ticket};
use crate::ports::{AllocationFleet, AllocationStore};

impl World {
    /// One replica's store or the other's, in turn.
    fn store_of(&self, turn: usize) -> &dyn AllocationStore {
        if turn.is_multiple_of(2) { self.store.as_ref() } else { self.replica.store.as_ref() }
    }

    fn fleet_of(&self, turn: usize) -> &dyn AllocationFleet {
        if turn.is_multiple_of(2) { self.fleet.as_ref() } else { self.replica.fleet.as_ref() }
    }

    /// What a fleet says to all that can be done under a ticket.
    async fn under(&self, fleet: &dyn AllocationFleet, ticket: &Ticket) -> Vec<Option<ErrorCode>> {
        let (now, details) = (self.ambient.now(), self.fleet.find(ticket.id).await.unwrap().unwrap().details);
        let ending = self.ending(ticket, State::Failed, Release::Leases).await;
        let progress = Progress::default();
        let code = |done: Result<(), Failure>| done.err().map(|failure| failure.code);
        vec![
            code(fleet.renew(ticket).await),
            code(fleet.save(ticket, &progress).await),
            code(fleet.enter(ticket, State::Placing, &details, now).await.map(drop)),
            code(fleet.lease_ports(ticket, now).await.map(drop)),
            code(fleet.replace_port(ticket, 1, now).await.map(drop)),
            code(fleet.bind_ports(ticket).await),
            code(fleet.postpone(ticket, &progress, Duration::ZERO).await),
            code(fleet.finish(ticket, ending).await.map(drop)),
        ]
    }

    /// Claims through one replica until nothing is left.
    async fn claim_all(&self, turn: usize) -> Vec<AllocationId> {
        let mut claimed = Vec::new();
        let mut idle = 0;
        // Nothing may also mean that the other has its hands on all that is due.
        while idle < 20 && claimed.len() <= 100 {
            let more = self.fleet_of(turn).claim(&format!("replica {turn}"), 5).await.unwrap();
            idle = if more.is_empty() { idle + 1 } else { 0 };
            claimed.extend(more.into_iter().map(|(ticket, _)| ticket.id));
        }
        claimed
    }
}

testkit::contract! {
    /// Cases for all sides of a store that several processes have open.
    pub fn allocation_replicas(world: World) {
        async fn a_quota_of_seven_gives_seven_of_two_hundred() {
            let asked = (0..200).map(|turn| insist(world.store_of(turn), world.new_allocation(), instances(7)));
            let made = at_once(asked).await;
            assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 7);
            let refused: BTreeSet<&str> = made.iter().filter_map(|made| Some(made.as_ref().err()?.code.as_str())).collect();
            assert_eq!(refused, BTreeSet::from(["quota_exceeded"]));
            let used = world.replica.store.quota(world.tenant, instances(7)).await.unwrap().used;
            assert_eq!((used.instances, used.ports), (7, 7));
        }

        async fn a_hundred_ports_are_leased_once_each() {
            let asked = (0..120).map(|_| insist(world.replica.store.as_ref(), world.new_allocation(), plenty()));
            let made = at_once(asked).await;
            let ports: Vec<_> = made.iter().flatten().map(|(made, _)| made.ports[0].host_port.unwrap()).collect();
            assert_eq!((ports.len(), ports.iter().collect::<BTreeSet<_>>().len()), (100, 100));
            let refused: BTreeSet<&str> = made.iter().filter_map(|made| Some(made.as_ref().err()?.code.as_str())).collect();
            assert_eq!(refused, BTreeSet::from(["site_full"]));
        }

        async fn a_key_that_is_used_everywhere_at_once_makes_one() {
            let asked = (0..20).map(|turn| insist(world.store_of(turn), world.with_key("k", 1), plenty()));
            let made: Vec<_> = join_all(asked).await.into_iter().map(Result::unwrap).collect();
            let ids: BTreeSet<AllocationId> = made.iter().map(|(made, _)| made.id).collect();
            assert_eq!((ids.len(), made.iter().filter(|(_, replayed)| !replayed).count()), (1, 1));
            let other = world.replica.store.create(world.tenant, world.with_key("k", 2), plenty()).await;
            assert_eq!(other.unwrap_err().code, ErrorCode::IdempotencyKeyReused);
            assert_eq!(world.acts().await.len(), 1);
        }

        async fn a_name_is_given_once() {
            let made = join_all((0..10).map(|turn| insist(world.store_of(turn), world.named("cache"), plenty()))).await;
            assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
            assert!(made.into_iter().filter_map(Result::err).all(|failure| failure.code == ErrorCode::NameTaken));
        }

        async fn what_one_did_the_other_sees_at_once() {
            let made = world.created().await;
            assert_eq!(world.replica.store.find(world.tenant, made.id).await.unwrap(), Some(made.clone()));
            let stopped = world.replica.store.change(world.tenant, made.id, world.wish(Verb::Stop, made.id)).await.unwrap();
            assert_eq!(world.store.find(world.tenant, made.id).await.unwrap(), Some(stopped));
        }

        async fn a_tenant_closed_by_one_begins_nothing_at_the_other() {
            let makes = at_once((0..40).map(|turn| insist(world.store_of(turn), world.new_allocation(), plenty())));
            let close = async {
                world.replica.oversight.close(world.tenant, world.ambient.now()).await.unwrap();
                world.oversight.live_of(world.tenant).await.unwrap().len()
            };
            let (made, there) = join(makes, close).await;
            assert_eq!(made.iter().filter(|made| made.is_ok()).count(), there);
            let late = world.store.create(world.tenant, world.new_allocation(), plenty()).await;
            assert_eq!(late.unwrap_err().code, ErrorCode::SessionClosed);
        }

        async fn a_hundred_works_are_claimed_once_each() {
            let made: BTreeSet<_> = at_once((0..100).map(|_| world.created())).await.into_iter().map(|made| made.id).collect();
            let (one, other) = join(world.claim_all(0), world.claim_all(1)).await;
            assert_eq!(one.len() + other.len(), 100, "{} and {}", one.len(), other.len());
            assert_eq!(one.into_iter().chain(other).collect::<BTreeSet<_>>(), made);
        }

        async fn a_holder_whose_lease_ran_out_and_was_taken_over_can_do_nothing() {
            let ticket = world.claimed().await;
            world.time.pass(LEASE).await;
            let (newer, _) = world.replica.fleet.claim("other", 1).await.unwrap().remove(0);
            assert!(newer.epoch > ticket.epoch);
            let before = world.fleet.find(ticket.id).await.unwrap();
            assert_eq!(world.under(world.fleet.as_ref(), &ticket).await, [Some(ErrorCode::StaleEpoch); 8]);
            assert_eq!(world.fleet.find(ticket.id).await.unwrap(), before, "and changed nothing");
            assert_eq!(world.under(world.replica.fleet.as_ref(), &newer).await[..6], [None; 6]);
        }

        async fn a_lease_is_held_ten_seconds_and_as_long_as_it_is_renewed() {
            let ticket = world.claimed().await;
            for _ in 0..3 {
                // The clock itself goes on, too.
                world.time.pass(Duration::from_secs(6)).await;
                assert!(world.replica.fleet.claim("other", 1).await.unwrap().is_empty());
                world.fleet.renew(&ticket).await.unwrap();
            }
            world.time.pass(LEASE).await;
            assert_eq!(world.replica.fleet.claim("other", 1).await.unwrap().len(), 1);
        }

        async fn a_lease_that_ran_out_and_that_nobody_took_is_held_again() {
            let ticket = world.claimed().await;
            world.time.pass(LEASE).await;
            world.fleet.renew(&ticket).await.unwrap();
            assert!(world.replica.fleet.claim("other", 1).await.unwrap().is_empty());
        }

        async fn a_removal_asked_of_another_voids_the_ticket_and_is_its_work() {
            let ticket = world.claimed().await;
            world.replica.store.change(world.tenant, ticket.id, world.wish(Verb::Remove, ticket.id)).await.unwrap();
            assert_eq!(world.fleet.renew(&ticket).await.unwrap_err().code, ErrorCode::StaleEpoch);
            let (next, _) = world.replica.fleet.claim("other", 1).await.unwrap().remove(0);
            assert_eq!((next.work, next.id), (Work::Remove, ticket.id));
        }

        async fn wishes_and_work_on_the_same_at_the_same_time_all_come_through() {
            let made = join_all((0..12).map(|_| world.created())).await;
            let wishes = made.iter().enumerate().map(|(turn, one)| {
                let world = &world;
                async move {
                    for verb in [Verb::Stop, Verb::Start, Verb::Remove] {
                        let _: Result<_, ErrorCode> = world.store_of(turn + 1).change(world.tenant, one.id, world.wish(verb, one.id))
                            .await.map_err(|failure| { assert_eq!(failure.code, ErrorCode::AllocationBusy); failure.code });
                    }
                }
            });
            let works = (0..4).map(|turn| {
                let world = &world;
                async move {
                    let fleet = world.fleet_of(turn);
                    for _ in 0..6 {
                        for (ticket, _) in fleet.claim("worker", 4).await.unwrap() {
                            let renewed = fleet.renew(&ticket).await.err().map(|failure| failure.code);
                            assert!(renewed.is_none_or(|code| code == ErrorCode::StaleEpoch), "{renewed:?}");
                        }
                    }
                }
            });
            join(join_all(wishes), join_all(works)).await;
            let live = world.fleet.live().await.unwrap();
            assert!(live.iter().all(|one| one.state == State::Removing && one.working), "{live:?}");
            assert_eq!(live.len(), 12);
        }
    }
}
