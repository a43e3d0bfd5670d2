//! The contract of `MachineStore`: unique names, revisions that guard changes and are kept, lists that miss and repeat
//! nothing, one event with each change and none without, an admin's act beside it, an import that happens once.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Event, Topic};
use futures::future::join_all;
use kit::{Access, Ambient, Caller, Cursor, ErrorCode, Failure, MachineId, Page, PageRequest, Role, ServiceName};
use kit::{SessionId, TenantId, UserId};
use prost::Message as _;
use proto::v1::AuditRecorded;
use testkit::contract;

use crate::domain::{Cause, Filter, Listing, Machine, Offer, Revision, Search, Sort};
use crate::ports::MachineStore;
use crate::samples;

/// What a store announced, as whatever sends events finds it.
#[async_trait]
pub trait Announced: Send + Sync {
    /// All on one topic, in the order of their commits.
    async fn on(&self, topic: Topic) -> Vec<Event>;
}

/// A store of its own for one case, with what it announces.
pub struct World {
    pub store: Arc<dyn MachineStore>,
    pub announced: Box<dyn Announced>,
    pub ambient: Ambient,
    /// Whatever has to live as long as the store.
    pub keep: Box<dyn std::any::Any + Send + Sync>,
}

impl World {
    async fn create(&self, name: &str) -> Machine {
        let machine = samples::machine(&self.ambient, name);
        self.store.create(&machine, &Cause::Platform).await.unwrap();
        machine
    }

    async fn events(&self) -> Vec<Event> {
        self.announced.on(Topic::Machine).await
    }

    async fn kinds(&self) -> Vec<String> {
        self.events().await.into_iter().map(|event| event.kind).collect()
    }

    fn admin(&self) -> Caller {
        Caller {
            user: UserId::mint(&self.ambient),
            tenant: TenantId::mint(&self.ambient),
            role: Role::Owner,
            access: Access::Login,
            session: SessionId::mint(&self.ambient),
            verified: true,
            admin: true,
        }
    }

    /// Actions of the audit list, with who did each and to what.
    async fn acts(&self) -> Vec<(String, String, String)> {
        let events = self.announced.on(Topic::Audit(ServiceName::Machines)).await;
        let acts = events.into_iter().map(|event| AuditRecorded::decode(event.data.as_slice()).unwrap());
        acts.map(|act| (act.action, act.actor, act.subject_id)).collect()
    }

    /// The whole history, two revisions a page.
    async fn history(&self, machine: &Machine) -> Vec<Revision> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.revisions(machine.id, &PageRequest { limit: 2, after }).await.unwrap();
            all.extend(page.items);
            assert!(all.len() < 100, "the history does not end");
            match page.next {
                Some(next) => after = Some(next),
                None => return all,
            }
        }
    }

    fn renamed(&self, machine: &Machine, name: &str) -> Machine {
        let offer = Offer { spec: samples::spec(name), active: machine.offer.active };
        machine.update(offer, self.ambient.now()).unwrap().unwrap()
    }

    /// Every page of a list, two machines each, by name.
    async fn names(&self, sort: &str) -> Vec<String> {
        let listing = Listing { sort: Sort::parse(sort).unwrap(), ..Listing::default() };
        let (mut names, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.list(&listing, &PageRequest { limit: 2, after }).await.unwrap();
            names.extend(page.items.into_iter().map(|machine| machine.offer.spec.name));
            assert!(names.len() < 100, "the list does not end");
            match page.next {
                Some(next) => after = Some(next),
                None => return names,
            }
        }
    }

    async fn filtered(&self, filter: Filter) -> Vec<String> {
        let page = PageRequest { limit: 50, after: None };
        let Page { items, .. } = self.store.list(&Listing { filter, ..Listing::default() }, &page).await.unwrap();
        items.into_iter().map(|machine| machine.offer.spec.name).collect()
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Failure>) -> ErrorCode {
    result.unwrap_err().code
}

contract! {
    /// What every `MachineStore` must do.
    pub fn machine_store(world: World) {
        async fn what_is_created_is_found_whole() {
            let machine = world.create("redis").await;
            assert_eq!(world.store.find(machine.id).await.unwrap(), Some(machine));
        }

        async fn a_name_lives_once_and_is_free_after_its_deletion() {
            let first = world.create("redis").await;
            let second = samples::machine(&world.ambient, "redis");
            assert_eq!(code(world.store.create(&second, &Cause::Platform).await), ErrorCode::NameTaken);
            world.store.replace(&first, &first.delete(world.ambient.now()), &Cause::Platform).await.unwrap();
            world.store.create(&second, &Cause::Platform).await.unwrap();
            assert_eq!(world.filtered(Filter::default()).await, ["redis"]);
        }

        async fn a_rename_to_a_taken_name_is_refused() {
            world.create("redis").await;
            let other = world.create("nginx").await;
            let renamed = world.renamed(&other, "redis");
            assert_eq!(code(world.store.replace(&other, &renamed, &Cause::Platform).await), ErrorCode::NameTaken);
            assert_eq!(world.store.find(other.id).await.unwrap(), Some(other));
        }

        async fn of_two_changes_of_one_revision_one_wins() {
            let first = world.create("redis").await;
            let (one, other) = (world.renamed(&first, "one"), world.renamed(&first, "other"));
            let (one, other) = tokio::join!(
                world.store.replace(&first, &one, &Cause::Platform),
                world.store.replace(&first, &other, &Cause::Platform)
            );
            assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
            assert_eq!(code(one.and(other)), ErrorCode::RevisionMismatch);
        }

        async fn of_fifty_at_once_one_gets_the_name() {
            let twins: Vec<Machine> = (0..50).map(|_| samples::machine(&world.ambient, "redis")).collect();
            let made = join_all(twins.iter().map(|twin| world.store.create(twin, &Cause::Platform))).await;
            let refused: Vec<ErrorCode> = made.into_iter().filter_map(Result::err).map(|failure| failure.code).collect();
            assert_eq!(refused, [ErrorCode::NameTaken; 49]);
            assert_eq!(world.filtered(Filter::default()).await, ["redis"]);
            assert_eq!(world.kinds().await, ["machine.created"]);
        }

        async fn of_many_changes_at_once_one_is_the_next_revision() {
            let first = world.create("redis").await;
            let changes: Vec<Machine> = (0..20).map(|n| world.renamed(&first, &format!("redis-{n}"))).collect();
            let made = join_all(changes.iter().map(|after| world.store.replace(&first, after, &Cause::Platform))).await;
            let refused: Vec<ErrorCode> = made.into_iter().filter_map(Result::err).map(|failure| failure.code).collect();
            assert_eq!(refused, [ErrorCode::RevisionMismatch; 19]);
            assert_eq!(world.history(&first).await.len(), 2);
        }

        async fn changes_at_once_of_different_machines_all_happen() {
            let names: Vec<String> = (0..30).map(|n| format!("machine-{n:02}")).collect();
            join_all(names.iter().map(|name| world.create(name))).await;
            assert_eq!(world.filtered(Filter::default()).await, names);
        }

        async fn a_description_is_kept_to_the_last_field() {
            let spec = samples::rich("everything");
            let machine = Machine::create(MachineId::mint(&world.ambient), Offer { spec, active: false }, world.ambient.now());
            let machine = machine.unwrap();
            world.store.create(&machine, &Cause::Platform).await.unwrap();
            assert_eq!(world.store.find(machine.id).await.unwrap(), Some(machine.clone()));
            assert_eq!(world.history(&machine).await, [Revision { machine, actor: None }]);
        }

        async fn a_deleted_machine_is_gone_for_good() {
            let machine = world.create("redis").await;
            let deleted = machine.delete(world.ambient.now());
            world.store.replace(&machine, &deleted, &Cause::Platform).await.unwrap();
            assert_eq!(world.store.find(machine.id).await.unwrap(), None);
            let again = world.renamed(&deleted, "back");
            assert_eq!(code(world.store.replace(&deleted, &again, &Cause::Platform).await), ErrorCode::RevisionMismatch);
        }

        async fn each_change_is_announced_once_and_a_refused_one_never() {
            let first = world.create("redis").await;
            let second = world.renamed(&first, "valkey");
            world.store.replace(&first, &second, &Cause::Platform).await.unwrap();
            let _ = world.store.replace(&first, &second, &Cause::Platform).await;
            let _ = world.store.create(&samples::machine(&world.ambient, "valkey"), &Cause::Platform).await;
            world.store.replace(&second, &second.delete(world.ambient.now()), &Cause::Platform).await.unwrap();
            assert_eq!(world.kinds().await, ["machine.created", "machine.updated", "machine.deleted"]);
            let revisions: Vec<u64> = world.events().await.into_iter().map(|event| event.revision).collect();
            assert_eq!(revisions, [1, 2, 3]);
        }

        async fn a_list_in_any_order_misses_and_repeats_nothing() {
            for name in ["c", "a", "e", "b", "d"] {
                world.create(name).await;
            }
            assert_eq!(world.names("name").await, ["a", "b", "c", "d", "e"]);
            assert_eq!(world.names("-name").await, ["e", "d", "c", "b", "a"]);
            // All were made at one moment, so their ids decide; the way back is the way there turned round.
            let mut backward = world.names("-created_at").await;
            backward.reverse();
            let forward = world.names("created_at").await;
            assert_eq!((forward.len(), forward), (5, backward));
        }

        async fn a_cursor_holds_for_its_order_only() {
            for name in ["a", "b", "c"] {
                world.create(name).await;
            }
            let one = PageRequest { limit: 1, after: None };
            let next = world.store.list(&Listing::default(), &one).await.unwrap().next;
            let by_age = Listing { sort: Sort::parse("created_at").unwrap(), ..Listing::default() };
            for after in [next, Some(Cursor::of(&["name"])), Some(Cursor::of(&["created_at", "x", "y"]))] {
                let refused = world.store.list(&by_age, &PageRequest { limit: 1, after }).await.unwrap_err();
                assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::InvalidInput, Some("cursor")));
            }
        }

        async fn a_filter_leaves_out_what_does_not_fit() {
            let redis = world.create("redis").await;
            world.create("nginx").await;
            let mut offer = Offer { active: false, ..redis.offer.clone() };
            offer.spec.category = "cache".into();
            let changed = redis.update(offer, world.ambient.now()).unwrap().unwrap();
            world.store.replace(&redis, &changed, &Cause::Platform).await.unwrap();
            let by = |filter| world.filtered(filter);
            assert_eq!(by(Filter { active: Some(false), ..Filter::default() }).await, ["redis"]);
            assert_eq!(by(Filter { active: Some(true), ..Filter::default() }).await, ["nginx"]);
            assert_eq!(by(Filter { category: Some("cache".into()), ..Filter::default() }).await, ["redis"]);
            assert_eq!(by(Filter { name: Some("nginx".into()), ..Filter::default() }).await, ["nginx"]);
            assert!(by(Filter { name: Some("ngin".into()), ..Filter::default() }).await.is_empty());
            assert!(by(Filter { name: Some("redis".into()), active: Some(true), ..Filter::default() }).await.is_empty());
        }

        async fn a_search_finds_pieces_of_names_and_descriptions_in_any_case() {
            let redis = world.create("redis").await;
            world.create("nginx").await;
            let mut offer = redis.offer.clone();
            offer.spec.description = "Ein Gedächtnis, 100% flüchtig".into();
            let described = redis.update(offer, world.ambient.now()).unwrap().unwrap();
            world.store.replace(&redis, &described, &Cause::Platform).await.unwrap();
            for (text, found) in [
                ("EDI", vec!["redis"]),
                ("GEDÄCHTNIS", vec!["redis"]),
                ("in", vec!["nginx", "redis"]),
                ("0%", vec!["redis"]),
                ("%", vec!["redis"]),
                ("_", vec![]),
                ("redis ein", vec![]),
            ] {
                let search = Some(Search::parse(text).unwrap());
                assert_eq!(world.filtered(Filter { search, ..Filter::default() }).await, found, "{text}");
            }
        }

        async fn every_revision_is_kept_with_who_made_it() {
            let admin = world.admin();
            let first = world.create("redis").await;
            let second = world.renamed(&first, "valkey");
            let cause = Cause::admin(&admin, "machine.update", &second);
            world.store.replace(&first, &second, &cause).await.unwrap();
            let third = second.delete(world.ambient.now());
            world.store.replace(&second, &third, &Cause::Platform).await.unwrap();
            world.create("nginx").await;
            let revision = |machine: &Machine, actor| Revision { machine: machine.clone(), actor };
            let kept = [revision(&third, None), revision(&second, Some(admin.user)), revision(&first, None)];
            assert_eq!(world.history(&first).await, kept);
            for kept in kept {
                let number = kept.machine.revision;
                assert_eq!(world.store.revision(first.id, number).await.unwrap(), Some(kept));
            }
            for none in [0, 4, u64::MAX] {
                assert_eq!(world.store.revision(first.id, none).await.unwrap(), None, "{none}");
            }
        }

        async fn a_refused_change_leaves_no_revision() {
            let first = world.create("redis").await;
            let second = world.renamed(&first, "valkey");
            world.store.replace(&first, &second, &Cause::Platform).await.unwrap();
            let late = world.renamed(&first, "keydb");
            assert_eq!(code(world.store.replace(&first, &late, &Cause::Platform).await), ErrorCode::RevisionMismatch);
            let twin = samples::machine(&world.ambient, "valkey");
            assert_eq!(code(world.store.create(&twin, &Cause::Platform).await), ErrorCode::NameTaken);
            assert_eq!(world.history(&first).await.len(), 2);
            assert_eq!(world.history(&twin).await, []);
        }

        async fn a_cursor_of_another_list_is_no_place_in_a_history() {
            let machine = world.create("redis").await;
            for after in [Cursor::of(&["name", "redis", "x"]), Cursor::of(&["revision", "x"])] {
                let page = PageRequest { limit: 1, after: Some(after) };
                let refused = world.store.revisions(machine.id, &page).await.unwrap_err();
                assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::InvalidInput, Some("cursor")));
            }
        }

        async fn an_admins_change_is_recorded_as_an_act_and_a_refused_one_never() {
            let admin = world.admin();
            let machine = samples::machine(&world.ambient, "redis");
            let cause = |action| Cause::admin(&admin, action, &machine);
            world.store.create(&machine, &cause("machine.create")).await.unwrap();
            let renamed = world.renamed(&machine, "valkey");
            world.store.replace(&machine, &renamed, &cause("machine.update")).await.unwrap();
            let _ = world.store.replace(&machine, &renamed, &cause("machine.update")).await;
            let deleted = renamed.delete(world.ambient.now());
            world.store.replace(&renamed, &deleted, &cause("machine.delete")).await.unwrap();
            world.create("nginx").await;
            let act = |action: &str| (action.to_owned(), admin.user.to_string(), machine.id.to_string());
            let expected = ["machine.create", "machine.update", "machine.delete"].map(act);
            assert_eq!(world.acts().await, expected);
        }

        async fn an_import_happens_once_ever() {
            let machines = [samples::machine(&world.ambient, "redis"), samples::machine(&world.ambient, "nginx")];
            assert!(!world.store.is_imported().await.unwrap());
            assert!(world.store.import(&machines, world.ambient.now()).await.unwrap());
            assert!(world.store.is_imported().await.unwrap());
            assert_eq!(world.kinds().await, ["machine.created", "machine.created"]);
            assert_eq!(world.history(&machines[0]).await.len(), 1);
            let redis = &machines[0];
            world.store.replace(redis, &redis.delete(world.ambient.now()), &Cause::Platform).await.unwrap();
            let again = [samples::machine(&world.ambient, "redis")];
            assert!(!world.store.import(&again, world.ambient.now()).await.unwrap());
            assert_eq!(world.filtered(Filter::default()).await, ["nginx"]);
        }

        async fn of_many_imports_at_once_one_is_the_time() {
            let sets: Vec<[Machine; 2]> = (0..8)
                .map(|_| [samples::machine(&world.ambient, "redis"), samples::machine(&world.ambient, "nginx")])
                .collect();
            let done = join_all(sets.iter().map(|set| world.store.import(set, world.ambient.now()))).await;
            assert_eq!(done.into_iter().map(Result::unwrap).filter(|first| *first).count(), 1);
            assert_eq!(world.filtered(Filter::default()).await, ["nginx", "redis"]);
            assert_eq!(world.kinds().await, ["machine.created", "machine.created"]);
        }

        async fn an_import_leaves_a_taken_name_to_its_holder() {
            let holder = world.create("redis").await;
            let machines = [samples::machine(&world.ambient, "redis"), samples::machine(&world.ambient, "nginx")];
            assert!(world.store.import(&machines, world.ambient.now()).await.unwrap());
            assert_eq!(world.filtered(Filter::default()).await, ["nginx", "redis"]);
            assert!(world.store.find(holder.id).await.unwrap().is_some());
        }
    }
}
