//! The fleet's side.

use std::time::Duration;

use futures::future::join_all;
use kit::ErrorCode;

use super::{World, plenty};
use crate::domain::allocation::{Allocation, Cause, Reason};
use crate::domain::lifecycle::{State, Verb, Work};
use crate::ports::fleet::{Begin, Census, Ending, Progress, Release, Ticket};

/// Longer than a lease lasts.
pub(super) const LEASE: Duration = Duration::from_secs(11);

impl World {
    pub(super) async fn claimed(&self) -> Ticket {
        self.created().await;
        self.fleet.claim("me", 1).await.unwrap().remove(0).0
    }

    async fn enter(&self, ticket: &Ticket, state: State) {
        let now = self.fleet.find(ticket.id).await.unwrap().unwrap();
        self.fleet.enter(ticket, state, &now.details, self.ambient.now()).await.unwrap();
    }

    pub(super) async fn ending(&self, ticket: &Ticket, state: State, release: Release) -> Ending {
        let mut details = self.fleet.find(ticket.id).await.unwrap().unwrap().details;
        details.ever_ran |= state == State::Running;
        Ending { state, reason: None, cause: Cause::Platform, details, release, at: self.ambient.now() }
    }

    /// One that was made and removed.
    pub(super) async fn removed(&self) -> Allocation {
        let ticket = self.claimed().await;
        self.store.change(self.tenant, ticket.id, self.wish(Verb::Remove, ticket.id)).await.unwrap();
        let (ticket, _) = self.fleet.claim("me", 1).await.unwrap().remove(0);
        let ending = self.ending(&ticket, State::Removed, Release::All).await;
        self.fleet.finish(&ticket, ending).await.unwrap()
    }

    async fn running(&self) -> Ticket {
        let ticket = self.claimed().await;
        for state in [State::Placing, State::Creating, State::Starting] {
            self.enter(&ticket, state).await;
        }
        let ending = self.ending(&ticket, State::Running, Release::Nothing).await;
        self.fleet.finish(&ticket, ending).await.unwrap();
        ticket
    }
}

testkit::contract! {
    /// Cases for `AllocationFleet`.
    pub fn allocation_fleet(world: World) {
        async fn what_is_removed_keeps_no_values() {
            let removed = world.removed().await;
            assert!(world.store.values(world.tenant, removed.id).await.unwrap().0.is_empty());
            assert!(world.fleet.values(removed.id).await.unwrap().0.is_empty());
            let kept = world.created().await;
            assert!(!world.store.values(world.tenant, kept.id).await.unwrap().0.is_empty());
        }

        async fn what_there_is_and_what_waits_is_counted() {
            assert_eq!(world.fleet.census().await.unwrap(), Census::default());
            world.removed().await;
            let ticket = world.running().await;
            world.created().await;
            world.time.pass(Duration::from_secs(60)).await;
            let census = world.fleet.census().await.unwrap();
            assert_eq!(census.states, [(State::Requested, 1), (State::Running, 1)].into());
            assert!((60..90).contains(&census.waiting.as_secs()), "{census:?}");
            // In somebody's hands it does not wait, and what begins later does not yet.
            let (held, _) = world.fleet.claim("me", 1).await.unwrap().remove(0);
            assert_ne!(held.id, ticket.id);
            assert_eq!(world.fleet.census().await.unwrap().waiting, Duration::ZERO);
            world.fleet.postpone(&held, &Progress::default(), Duration::from_secs(3600)).await.unwrap();
            assert_eq!(world.fleet.census().await.unwrap().waiting, Duration::ZERO);
        }

        async fn work_is_claimed_once() {
            join_all((0..20).map(|_| world.created())).await;
            let claims = join_all((0..8).map(|_| world.fleet.claim("me", 5))).await;
            let mut ids: Vec<_> = claims.into_iter().flat_map(Result::unwrap).map(|(ticket, _)| ticket.id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), 20);
            assert!(world.fleet.claim("other", 5).await.unwrap().is_empty());
        }

        async fn a_ticket_that_was_taken_over_is_void() {
            let ticket = world.claimed().await;
            world.time.pass(LEASE).await;
            let (newer, _) = world.fleet.claim("other", 1).await.unwrap().remove(0);
            assert!(newer.epoch > ticket.epoch);
            for code in [
                world.fleet.renew(&ticket).await.unwrap_err().code,
                world.fleet.save(&ticket, &Progress::default()).await.unwrap_err().code,
                world.fleet.bind_ports(&ticket).await.unwrap_err().code,
            ] {
                assert_eq!(code, ErrorCode::StaleEpoch);
            }
            world.fleet.renew(&newer).await.unwrap();
        }

        async fn progress_is_there_for_whoever_comes_next() {
            let ticket = world.claimed().await;
            let progress = Progress { step: 4, network: Some("n".into()), ..Progress::default() };
            world.fleet.save(&ticket, &progress).await.unwrap();
            world.time.pass(LEASE).await;
            let (next, _) = world.fleet.claim("other", 1).await.unwrap().remove(0);
            assert_eq!((next.progress, next.work), (progress, Work::Create));
        }

        async fn what_is_postponed_is_not_due() {
            let ticket = world.claimed().await;
            world.fleet.postpone(&ticket, &Progress::default(), Duration::from_secs(3600)).await.unwrap();
            assert!(world.fleet.claim("me", 1).await.unwrap().is_empty());
            assert_eq!(world.fleet.renew(&ticket).await.unwrap_err().code, ErrorCode::StaleEpoch);
        }

        async fn what_is_given_back_is_free_at_once_and_where_it_stood() {
            let ticket = world.claimed().await;
            let progress = Progress { step: 3, ..Progress::default() };
            world.fleet.save(&ticket, &progress).await.unwrap();
            world.fleet.give_back(&ticket).await.unwrap();
            let (next, _) = world.fleet.claim("other", 1).await.unwrap().remove(0);
            assert_eq!((next.id, &next.progress), (ticket.id, &progress));
            assert_eq!(world.fleet.give_back(&ticket).await.unwrap_err().code, ErrorCode::StaleEpoch);
            world.fleet.renew(&next).await.unwrap();
        }

        async fn a_removal_voids_the_ticket_of_the_work_it_replaces() {
            let ticket = world.claimed().await;
            world.store.change(world.tenant, ticket.id, world.wish(Verb::Remove, ticket.id)).await.unwrap();
            assert_eq!(world.fleet.renew(&ticket).await.unwrap_err().code, ErrorCode::StaleEpoch);
            let (next, _) = world.fleet.claim("me", 1).await.unwrap().remove(0);
            assert_eq!(next.work, Work::Remove);
        }

        async fn a_removed_one_gives_everything_back_and_stays_readable() {
            let ticket = world.claimed().await;
            world.store.change(world.tenant, ticket.id, world.wish(Verb::Remove, ticket.id)).await.unwrap();
            let (ticket, before) = world.fleet.claim("me", 1).await.unwrap().remove(0);
            let ending = world.ending(&ticket, State::Removed, Release::All).await;
            let after = world.fleet.finish(&ticket, ending).await.unwrap();
            assert_eq!((after.state, after.ports[0].host_port, after.working), (State::Removed, None, false));
            assert_eq!(world.store.quota(world.tenant, plenty()).await.unwrap().used, crate::domain::quota::Amounts::default());
            assert!(world.store.find(world.tenant, after.id).await.unwrap().is_some());
            assert!(world.fleet.live().await.unwrap().is_empty());
            let mut again = world.new_allocation();
            again.allocation.name = before.name;
            assert!(world.store.create(world.tenant, again, plenty()).await.is_ok());
        }

        async fn another_name_stays_beside_work_and_leaves_the_host_name() {
            let ticket = world.claimed().await;
            let before = world.fleet.find(ticket.id).await.unwrap().unwrap();
            world.enter(&ticket, State::Placing).await;
            world.store.rename(world.tenant, ticket.id, "first", world.word("rename", ticket.id)).await.unwrap();
            // The saga goes on with what it knew.
            for state in [State::Creating, State::Starting] {
                world.fleet.enter(&ticket, state, &before.details, world.ambient.now()).await.unwrap();
            }
            world.store.rename(world.tenant, ticket.id, "second", world.word("rename", ticket.id)).await.unwrap();
            let (cause, at, details) = (Cause::Platform, world.ambient.now(), before.details);
            let ending = Ending { state: State::Running, reason: None, cause, details, release: Release::Nothing, at };
            let after = world.fleet.finish(&ticket, ending).await.unwrap();
            assert_eq!((after.name.as_str(), after.state), ("second", State::Running));
            assert_eq!(after.details.host_name, Some(before.name));
        }

        async fn a_failure_before_it_ran_gives_leases_back_and_a_start_takes_them_again() {
            let ticket = world.claimed().await;
            let mut ending = world.ending(&ticket, State::Failed, Release::Leases).await;
            ending.reason = Some(Reason { code: ErrorCode::ImagePullFailed, detail: "no".into() });
            let failed = world.fleet.finish(&ticket, ending).await.unwrap();
            assert_eq!((failed.state, failed.ports[0].host_port), (State::Failed, None));
            assert_eq!(failed.reason.unwrap().code, ErrorCode::ImagePullFailed);
            assert_eq!(world.store.quota(world.tenant, plenty()).await.unwrap().used.instances, 0);
            let again = world.store.change(world.tenant, ticket.id, world.wish(Verb::Start, ticket.id)).await.unwrap();
            assert!(again.state == State::Placing && again.ports[0].host_port.is_some() && again.reason.is_none());
            assert_eq!(world.store.quota(world.tenant, plenty()).await.unwrap().used.instances, 1);
        }

        async fn a_wish_that_came_meanwhile_is_followed() {
            let ticket = world.claimed().await;
            for state in [State::Placing, State::Creating, State::Starting] {
                world.enter(&ticket, state).await;
            }
            world.store.change(world.tenant, ticket.id, world.wish(Verb::Stop, ticket.id)).await.unwrap();
            let ending = world.ending(&ticket, State::Running, Release::Nothing).await;
            let after = world.fleet.finish(&ticket, ending).await.unwrap();
            assert_eq!((after.state, after.working), (State::Stopping, true));
            assert_eq!(world.fleet.claim("me", 1).await.unwrap().remove(0).0.work, Work::Stop);
        }

        async fn a_bad_port_is_replaced_and_set_aside_and_a_bound_one_stays() {
            let ticket = world.claimed().await;
            let first = world.fleet.find(ticket.id).await.unwrap().unwrap().ports[0].host_port.unwrap();
            let after = world.fleet.replace_port(&ticket, first, world.ambient.now()).await.unwrap();
            let second = after.ports[0].host_port.unwrap();
            assert_ne!(first, second);
            world.fleet.bind_ports(&ticket).await.unwrap();
            let after = world.fleet.replace_port(&ticket, second, world.ambient.now()).await.unwrap();
            assert_eq!((after.ports[0].host_port, after.ports[0].bound), (Some(second), true));
        }

        async fn the_reconciler_begins_only_what_did_not_change() {
            let ticket = world.running().await;
            let seen = world.fleet.find(ticket.id).await.unwrap().unwrap();
            let begin = |work| Begin {
                work, cause: Cause::Crash, reason: None, details: seen.details.clone(), pause: Duration::ZERO, at: world.ambient.now(),
            };
            assert!(world.fleet.begin(&seen, begin(Work::Start)).await.unwrap());
            assert!(!world.fleet.begin(&seen, begin(Work::Start)).await.unwrap());
            let reason = Reason { code: ErrorCode::ContainerExited, detail: String::new() };
            assert!(!world.fleet.fail(&seen, reason, Cause::Crash, world.ambient.now()).await.unwrap());
        }

        async fn an_impossible_change_is_refused() {
            let ticket = world.claimed().await;
            let details = world.fleet.find(ticket.id).await.unwrap().unwrap().details;
            let refused = world.fleet.enter(&ticket, State::Stopped, &details, world.ambient.now()).await;
            assert_eq!(refused.unwrap_err().code, ErrorCode::Internal);
        }

        async fn leases_are_forgotten_only_of_who_is_known_to_be_gone() {
            world.claimed().await;
            let forgotten = world.fleet.forget_leases().await.unwrap();
            let free = world.fleet.claim("other", 1).await.unwrap().len() as u64;
            assert_eq!(free, forgotten, "what was forgotten is free and nothing else");
        }

        async fn sweeping_leaves_what_is_alive() {
            let made = world.created().await;
            world.fleet.sweep(world.ambient.now().plus(Duration::from_secs(86_400 * 365))).await.unwrap();
            assert!(world.fleet.find(made.id).await.unwrap().is_some());
        }
    }
}
