//! The contract of `ReadModel`: the newest revision wins in whatever order events come, and a position moves with its effects.

use std::sync::Arc;

use bus::consume::DeadLetter;
use bus::{Event, Record, Topic};
use futures::future::join_all;
use kit::{Ambient, ServiceName, TenantId};
use testkit::contract;

use crate::domain::{AllocationCopy, Effect, MachineCopy, Person};
use crate::ports::{Contents, Intake, ReadModel};
use crate::samples;

const ME: &str = "case";

/// A read model of its own for one case.
pub struct World {
    pub model: Arc<dyn ReadModel>,
    pub ambient: Ambient,
    /// Whatever has to live as long as the model.
    pub keep: Box<dyn std::any::Any + Send + Sync>,
}

impl World {
    async fn take(&self, topic: Topic, position: u64, effects: Vec<Effect>) {
        self.model.take(ME, Intake { topic, effects, letters: Vec::new(), position }).await.unwrap();
    }

    async fn position(&self, topic: Topic) -> u64 {
        self.model.position(ME, topic).await.unwrap()
    }

    /// An event that nobody can read, put aside.
    fn letter(&self, position: u64) -> DeadLetter {
        let event =
            Event::new(&self.ambient, Topic::User, ServiceName::User, "user.created", "s", 1, &"not one".to_owned());
        DeadLetter { record: Record { position, event }, reason: "not one".to_owned() }
    }
}

contract! {
    /// What every `ReadModel` must do.
    pub fn read_model(world: World) {
        async fn what_was_never_announced_is_not_there() {
            let (person, machine) = (samples::person(&world.ambient), samples::machine(&world.ambient, 1));
            let allocation = samples::allocation(&world.ambient, 1);
            assert_eq!(world.model.person(person.user).await.unwrap(), None);
            assert_eq!(world.model.machine(machine.id).await.unwrap(), None);
            assert_eq!(world.model.allocation(allocation.tenant, allocation.id).await.unwrap(), None);
            assert_eq!(world.position(Topic::User).await, 0);
        }

        async fn what_was_announced_is_there_whole() {
            let person = Person { admin: true, suspended: true, ..samples::person(&world.ambient) };
            let machine = MachineCopy { deleted: true, ..samples::machine(&world.ambient, 1) };
            let allocation = samples::allocation(&world.ambient, 1);
            world.take(Topic::User, 1, vec![Effect::Person(person.clone())]).await;
            world.take(Topic::Machine, 1, vec![Effect::Machine(machine.clone())]).await;
            world.take(Topic::Allocation, 1, vec![Effect::Allocation(allocation.clone())]).await;
            assert_eq!(world.model.person(person.user).await.unwrap(), Some(person));
            assert_eq!(world.model.machine(machine.id).await.unwrap(), Some(machine));
            let found = world.model.allocation(allocation.tenant, allocation.id).await.unwrap();
            assert_eq!(found, Some(allocation));
        }

        async fn an_older_revision_changes_nothing() {
            let second = Person { revision: 2, ..samples::person(&world.ambient) };
            let first = Person { revision: 1, verified: false, ..second.clone() };
            let same = Person { admin: true, ..second.clone() };
            world.take(Topic::User, 1, vec![Effect::Person(second.clone())]).await;
            world.take(Topic::User, 2, vec![Effect::Person(first), Effect::Person(same)]).await;
            assert_eq!(world.model.person(second.user).await.unwrap(), Some(second));

            let machine = samples::machine(&world.ambient, 2);
            let old = MachineCopy { revision: 1, message: vec![9], ..machine.clone() };
            world.take(Topic::Machine, 1, vec![Effect::Machine(machine.clone()), Effect::Machine(old)]).await;
            assert_eq!(world.model.machine(machine.id).await.unwrap(), Some(machine));

            let allocation = samples::allocation(&world.ambient, 2);
            let old = AllocationCopy { revision: 1, message: vec![9], ..allocation.clone() };
            let effects = vec![Effect::Allocation(allocation.clone()), Effect::Allocation(old)];
            world.take(Topic::Allocation, 1, effects).await;
            let found = world.model.allocation(allocation.tenant, allocation.id).await.unwrap();
            assert_eq!(found, Some(allocation));
        }

        async fn a_newer_revision_takes_the_place_of_the_older() {
            let first = samples::person(&world.ambient);
            let second = Person { revision: 2, verified: false, ..first.clone() };
            world.take(Topic::User, 1, vec![Effect::Person(first)]).await;
            world.take(Topic::User, 2, vec![Effect::Person(second.clone())]).await;
            assert_eq!(world.model.person(second.user).await.unwrap(), Some(second));
        }

        async fn a_tenant_has_an_owner_until_that_one_is_gone() {
            let person = samples::person(&world.ambient);
            assert_eq!(world.model.tenant_owner(person.tenant).await.unwrap(), None);
            world.take(Topic::User, 1, vec![Effect::Person(person.clone())]).await;
            assert_eq!(world.model.tenant_owner(person.tenant).await.unwrap(), Some(person.user));
            let gone = Person { deleted: true, revision: 2, ..person.clone() };
            world.take(Topic::User, 2, vec![Effect::Person(gone)]).await;
            assert_eq!(world.model.tenant_owner(person.tenant).await.unwrap(), None);
        }

        async fn a_straggler_does_not_bring_back_who_is_gone() {
            let person = samples::person(&world.ambient);
            let gone = Person { deleted: true, revision: 3, ..person.clone() };
            world.take(Topic::User, 1, vec![Effect::Person(gone.clone())]).await;
            world.take(Topic::User, 2, vec![Effect::Person(Person { revision: 2, ..person.clone() })]).await;
            assert_eq!(world.model.person(person.user).await.unwrap(), Some(gone));
            assert_eq!(world.model.tenant_owner(person.tenant).await.unwrap(), None);
        }

        async fn of_many_that_take_in_at_once_the_newest_stays() {
            let person = samples::person(&world.ambient);
            let at = |revision: u64| Person { revision, verified: revision.is_multiple_of(2), ..person.clone() };
            // Each takes two that lie apart, none in order.
            let batches = (1..=20_u64).map(|n| vec![Effect::Person(at(n * 9 % 41)), Effect::Person(at(40 - n * 9 % 41))]);
            join_all(batches.zip(1..).map(|(effects, position)| world.take(Topic::User, position, effects))).await;
            let highest = (1..=20_u64).map(|n| (n * 9 % 41).max(40 - n * 9 % 41)).max();
            assert_eq!(world.model.person(person.user).await.unwrap(), highest.map(at));
        }

        async fn built_in_another_order_it_is_the_same() {
            assert_eq!(world.model.contents().await.unwrap(), Contents::default());
            let mut people: Vec<Person> = (0..5).map(|_| samples::person(&world.ambient)).collect();
            let mut machines: Vec<MachineCopy> = (0..3).map(|n| samples::machine(&world.ambient, n)).collect();
            let mut allocations: Vec<AllocationCopy> = (1..300).map(|n| samples::allocation(&world.ambient, n)).collect();
            let mut effects: Vec<Effect> = people.iter().cloned().map(Effect::Person).collect();
            effects.extend(machines.iter().cloned().map(Effect::Machine));
            effects.extend(allocations.iter().cloned().map(Effect::Allocation));
            for effects in [effects.clone(), effects.iter().rev().cloned().collect(), effects] {
                world.take(Topic::Allocation, 1, effects).await;
                people.sort_by_key(|person| person.user);
                machines.sort_by_key(|machine| machine.id);
                allocations.sort_by_key(|allocation| allocation.id);
                let (people, machines, allocations) = (people.clone(), machines.clone(), allocations.clone());
                assert_eq!(world.model.contents().await.unwrap(), Contents { people, machines, allocations });
            }
        }

        async fn anothers_allocation_is_none() {
            let allocation = samples::allocation(&world.ambient, 1);
            world.take(Topic::Allocation, 1, vec![Effect::Allocation(allocation.clone())]).await;
            let stranger = TenantId::mint(&world.ambient);
            assert_eq!(world.model.allocation(stranger, allocation.id).await.unwrap(), None);
        }

        async fn each_topic_has_its_own_position_and_none_goes_back() {
            world.take(Topic::User, 7, Vec::new()).await;
            world.take(Topic::Machine, 3, Vec::new()).await;
            world.take(Topic::User, 5, Vec::new()).await;
            assert_eq!((world.position(Topic::User).await, world.position(Topic::Machine).await), (7, 3));
            assert_eq!(world.model.position("other", Topic::User).await.unwrap(), 0);
        }

        async fn an_event_put_aside_is_passed_over() {
            let person = samples::person(&world.ambient);
            let effects = vec![Effect::Person(person.clone())];
            let intake = Intake { topic: Topic::User, effects, letters: vec![world.letter(4)], position: 5 };
            // Twice, as after a crash before the position was heard of.
            world.model.take(ME, intake.clone()).await.unwrap();
            world.model.take(ME, intake).await.unwrap();
            assert_eq!(world.position(Topic::User).await, 5);
            assert_eq!(world.model.person(person.user).await.unwrap(), Some(person));
        }
    }
}
