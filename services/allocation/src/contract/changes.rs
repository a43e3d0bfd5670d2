//! Another name, and the acts that are recorded with changes.

use futures::future::join_all;
use kit::{Act, ErrorCode, PageRequest, TenantId};

use super::{World, instances, plenty};
use crate::domain::lifecycle::{State, Verb};

testkit::contract! {
    /// Cases for names and acts of `AllocationStore`.
    pub fn allocation_changes(world: World) {
        async fn a_rename_is_a_revision_and_an_event_and_no_line_of_the_ledger() {
            let made = world.created().await;
            let renamed = world.store.rename(world.tenant, made.id, "cache", world.word("rename", made.id)).await.unwrap();
            assert_eq!((renamed.name.as_str(), renamed.revision), ("cache", made.revision + 1));
            assert_eq!((renamed.state, renamed.working), (made.state, made.working));
            let (_, event) = world.events().await.pop().unwrap();
            assert_eq!((event.kind.as_str(), event.revision), ("allocation.renamed", renamed.revision));
            let all = PageRequest { limit: 9, after: None };
            let ledger = world.store.ledger(world.tenant, made.id, &all).await.unwrap().items;
            assert_eq!(ledger.iter().map(|entry| entry.revision).collect::<Vec<_>>(), [1]);
            let stopped = world.store.change(world.tenant, made.id, world.wish(Verb::Stop, made.id)).await.unwrap();
            assert_eq!(stopped.revision, renamed.revision + 1, "events are numbered without a gap");
        }

        async fn the_name_that_it_has_is_no_change() {
            let made = world.created().await;
            let before = world.events().await.len();
            let same = world.store.rename(world.tenant, made.id, &made.name, world.word("rename", made.id)).await;
            assert_eq!(same.unwrap(), made);
            assert_eq!(world.events().await.len(), before);
        }

        async fn a_name_that_is_taken_changes_nothing_and_one_that_was_given_up_is_free() {
            let (one, other) = (world.created().await, world.created().await);
            let taken = world.store.rename(world.tenant, one.id, &other.name, world.word("rename", one.id)).await;
            let taken = taken.unwrap_err();
            assert_eq!((taken.code, taken.field.as_deref()), (ErrorCode::NameTaken, Some("name")));
            assert_eq!(world.store.find(world.tenant, one.id).await.unwrap(), Some(one.clone()));
            world.store.rename(world.tenant, one.id, "cache", world.word("rename", one.id)).await.unwrap();
            let again = world.store.rename(world.tenant, other.id, &one.name, world.word("rename", other.id)).await;
            assert_eq!(again.unwrap().name, one.name);
        }

        async fn of_many_who_take_a_name_at_once_one_gets_it() {
            let made = join_all((0..10).map(|_| world.created())).await;
            let renames = made.iter().map(|one| world.store.rename(world.tenant, one.id, "cache", world.word("rename", one.id)));
            let codes: Vec<_> = join_all(renames).await.into_iter().filter_map(Result::err).map(|failure| failure.code).collect();
            assert_eq!(codes, [ErrorCode::NameTaken; 9]);
        }

        async fn a_strangers_is_not_renamed() {
            let made = world.created().await;
            let stranger = TenantId::mint(&world.ambient);
            let refused = world.store.rename(stranger, made.id, "mine", world.word("rename", made.id)).await;
            assert_eq!(refused.unwrap_err().code, ErrorCode::AllocationNotFound);
            assert_eq!(world.store.find(world.tenant, made.id).await.unwrap().unwrap().name, made.name);
        }

        async fn an_accepted_wish_is_an_act_and_a_refusal_is_none() {
            let made = world.created().await;
            // Twice the same is twice accepted, and recorded twice.
            for verb in [Verb::Stop, Verb::Stop, Verb::Remove] {
                world.store.change(world.tenant, made.id, world.wish(verb, made.id)).await.unwrap();
            }
            let stranger = TenantId::mint(&world.ambient);
            world.store.change(world.tenant, made.id, world.wish(Verb::Start, made.id)).await.unwrap_err();
            world.store.change(stranger, made.id, world.wish(Verb::Stop, made.id)).await.unwrap_err();
            world.store.create(world.tenant, world.new_allocation(), instances(1)).await.unwrap_err();
            let acts = world.acts().await;
            let told: Vec<&str> = acts.iter().map(|(_, act)| act.action.as_str()).collect();
            assert_eq!(told, ["allocation.create", "allocation.stop", "allocation.stop", "allocation.remove"]);
            for (_, act) in &acts {
                assert_eq!((act.subject_id.as_str(), &act.details["name"]), (made.id.to_string().as_str(), &made.name));
            }
        }

        async fn a_repeated_key_is_one_act() {
            for _ in 0..2 {
                world.store.create(world.tenant, world.with_key("k", 1), plenty()).await.unwrap();
            }
            assert_eq!(world.acts().await.len(), 1);
        }

        async fn a_rename_is_an_act_under_the_new_name() {
            let made = world.created().await;
            world.store.rename(world.tenant, made.id, "cache", world.word("rename", made.id)).await.unwrap();
            let (_, act) = world.acts().await.pop().unwrap();
            assert_eq!((act.action.as_str(), act.details["name"].as_str()), ("allocation.rename", "cache"));
        }

        async fn an_act_that_changes_nothing_is_recorded_alone() {
            let made = world.created().await;
            world.store.record(Act::anonymous("allocation.connect", "allocation", made.id)).await.unwrap();
            let (_, act) = world.acts().await.pop().unwrap();
            assert_eq!(act.action, "allocation.connect");
            assert_eq!(world.store.find(world.tenant, made.id).await.unwrap(), Some(made));
        }

        async fn a_removed_one_keeps_its_name() {
            let gone = world.removed().await;
            assert_eq!(gone.state, State::Removed);
            let refused = world.store.rename(world.tenant, gone.id, "cache", world.word("rename", gone.id)).await;
            assert_eq!(refused.unwrap_err().code, ErrorCode::AllocationRemoved);
        }
    }
}
