//! Fleets that are each wrong in one way about leases, and the cases that find them out.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kit::{AllocationId, Failure, Timestamp};

use super::{Clock, SqlStore, fresh, sides};
use crate::contract::{Replica, Sides, Time as _, World, allocation_fleet, allocation_replicas};
use crate::domain::allocation::{Allocation, Cause, Details, PropertyValues, Reason};
use crate::domain::lifecycle::State;
use crate::ports::fleet::{AllocationFleet, Begin, Census, Ending, Progress, Ticket};

/// What a wrong fleet does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Takes what others hold.
    Greedy,
    /// Does not hear that a ticket is void.
    Deaf,
    /// Gives nobody's work to anybody else, however long its lease is over.
    Faithful,
    /// Says that leases are forgotten or given back, and keeps them.
    Boastful,
}

#[derive(Clone)]
struct Wrong {
    store: SqlStore,
    fault: Fault,
}

impl Wrong {
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn heard(&self, done: Result<(), Failure>) -> Result<(), Failure> {
        if self.is(Fault::Deaf) { Ok(()) } else { done }
    }
}

#[async_trait]
impl AllocationFleet for Wrong {
    async fn find(&self, id: AllocationId) -> Result<Option<Allocation>, Failure> {
        AllocationFleet::find(&self.store, id).await
    }

    async fn live(&self) -> Result<Vec<Allocation>, Failure> {
        self.store.live().await
    }

    async fn values(&self, id: AllocationId) -> Result<PropertyValues, Failure> {
        AllocationFleet::values(&self.store, id).await
    }

    async fn claim(&self, owner: &str, limit: u32) -> Result<Vec<(Ticket, Allocation)>, Failure> {
        if self.is(Fault::Greedy) {
            Clock(self.store.database.clone()).pass(Duration::from_secs(7200)).await;
        }
        let claimed = self.store.claim(owner, limit).await?;
        if self.is(Fault::Faithful) {
            for (ticket, _) in &claimed {
                self.hold_for_good(ticket.id).await;
            }
        }
        Ok(claimed)
    }

    async fn renew(&self, ticket: &Ticket) -> Result<(), Failure> {
        let renewed = self.store.renew(ticket).await;
        if self.is(Fault::Faithful) && renewed.is_ok() {
            self.hold_for_good(ticket.id).await;
        }
        self.heard(renewed)
    }

    async fn save(&self, ticket: &Ticket, progress: &Progress) -> Result<(), Failure> {
        self.heard(self.store.save(ticket, progress).await)
    }

    async fn postpone(&self, ticket: &Ticket, progress: &Progress, pause: Duration) -> Result<(), Failure> {
        self.heard(self.store.postpone(ticket, progress, pause).await)
    }

    async fn give_back(&self, ticket: &Ticket) -> Result<(), Failure> {
        if self.is(Fault::Boastful) { Ok(()) } else { self.store.give_back(ticket).await }
    }

    async fn enter(
        &self,
        ticket: &Ticket,
        state: State,
        details: &Details,
        at: Timestamp,
    ) -> Result<Allocation, Failure> {
        self.store.enter(ticket, state, details, at).await
    }

    async fn lease_ports(&self, ticket: &Ticket, at: Timestamp) -> Result<Allocation, Failure> {
        self.store.lease_ports(ticket, at).await
    }

    async fn replace_port(&self, ticket: &Ticket, bad: u16, at: Timestamp) -> Result<Allocation, Failure> {
        self.store.replace_port(ticket, bad, at).await
    }

    async fn bind_ports(&self, ticket: &Ticket) -> Result<(), Failure> {
        self.heard(self.store.bind_ports(ticket).await)
    }

    async fn finish(&self, ticket: &Ticket, ending: Ending) -> Result<Allocation, Failure> {
        self.store.finish(ticket, ending).await
    }

    async fn begin(&self, seen: &Allocation, begin: Begin) -> Result<bool, Failure> {
        self.store.begin(seen, begin).await
    }

    async fn fail(&self, seen: &Allocation, reason: Reason, cause: Cause, at: Timestamp) -> Result<bool, Failure> {
        self.store.fail(seen, reason, cause, at).await
    }

    async fn forget_leases(&self) -> Result<u64, Failure> {
        if self.is(Fault::Boastful) { Ok(7) } else { self.store.forget_leases().await }
    }

    async fn census(&self) -> Result<Census, Failure> {
        if self.is(Fault::Boastful) { Ok(Census::default()) } else { self.store.census().await }
    }

    async fn restored_at(&self) -> Result<Option<Timestamp>, Failure> {
        self.store.restored_at().await
    }

    async fn hint_position(&self) -> Result<u64, Failure> {
        self.store.hint_position().await
    }

    async fn hints_heard(&self, position: u64) -> Result<(), Failure> {
        self.store.hints_heard(position).await
    }

    async fn sweep(&self, at: Timestamp) -> Result<u64, Failure> {
        self.store.sweep(at).await
    }
}

impl Wrong {
    async fn hold_for_good(&self, id: AllocationId) {
        let hold = self.store.database.write(move |c| {
            Box::pin(async move {
                let hold = sql::query("UPDATE work SET lease_until = 9000000000000000000 WHERE allocation_id = ?");
                sql::Stored::stored(hold.bind(id.as_bytes()).execute(c).await)
            })
        });
        hold.await.unwrap();
    }
}

async fn world(fault: Fault) -> World {
    let (store, directory) = fresh().await;
    let wrong = Arc::new(Wrong { store: store.clone(), fault });
    let right = sides(&store, &store.database);
    let replica = Replica { fleet: wrong.clone(), ..right.replica };
    World::new(Sides { fleet: wrong, replica, ..right }, Box::new(directory))
}

async fn found_out(fault: Fault, fleet: &[&str], replicas: &[&str]) {
    testkit::contract::fails(allocation_fleet(), || world(fault), fleet).await;
    testkit::contract::fails(allocation_replicas(), || world(fault), replicas).await;
}

#[tokio::test]
async fn a_fleet_that_takes_what_others_hold_is_found_out() {
    let replicas = [
        "a_hundred_works_are_claimed_once_each",
        "a_lease_is_held_ten_seconds_and_as_long_as_it_is_renewed",
        "a_lease_that_ran_out_and_that_nobody_took_is_held_again",
    ];
    let fleet = ["work_is_claimed_once", "what_is_postponed_is_not_due"];
    found_out(Fault::Greedy, &fleet, &replicas).await;
}

#[tokio::test]
async fn a_fleet_that_does_not_hear_of_a_takeover_is_found_out() {
    let replicas = [
        "a_holder_whose_lease_ran_out_and_was_taken_over_can_do_nothing",
        "a_removal_asked_of_another_voids_the_ticket_and_is_its_work",
    ];
    let fleet = [
        "a_ticket_that_was_taken_over_is_void",
        "what_is_postponed_is_not_due",
        "a_removal_voids_the_ticket_of_the_work_it_replaces",
    ];
    found_out(Fault::Deaf, &fleet, &replicas).await;
}

#[tokio::test]
async fn a_fleet_that_lets_nobody_take_over_is_found_out() {
    let replicas = [
        "a_holder_whose_lease_ran_out_and_was_taken_over_can_do_nothing",
        "a_lease_is_held_ten_seconds_and_as_long_as_it_is_renewed",
    ];
    let fleet = ["a_ticket_that_was_taken_over_is_void", "progress_is_there_for_whoever_comes_next"];
    found_out(Fault::Faithful, &fleet, &replicas).await;
}

#[tokio::test]
async fn a_fleet_that_says_what_it_does_not_do_is_found_out() {
    let fleet = [
        "leases_are_forgotten_only_of_who_is_known_to_be_gone",
        "what_is_given_back_is_free_at_once_and_where_it_stood",
        "what_there_is_and_what_waits_is_counted",
    ];
    testkit::contract::fails(allocation_fleet(), || world(Fault::Boastful), &fleet).await;
}
