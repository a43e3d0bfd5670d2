//! The contract of `PeopleStore`: names follow the newest revision, and who is gone leaves comments and nothing else.

use bus::consume::DeadLetter;
use bus::{Event, Record, Topic};
use kit::{ErrorCode, MachineId, ServiceName};
use testkit::contract;

use super::{ANY_PACE, World, act, here};
use crate::domain::{Author, Draft, Effect, Life, Person, Presence, Stance};
use crate::ports::Intake;

impl World {
    /// The author of a machine's only comment.
    async fn author(&self, machine: MachineId) -> Author {
        let comments = self.listed(machine).await;
        assert_eq!(comments.len(), 1);
        comments[0].author.clone()
    }

    async fn presence(&self, machine: MachineId) -> Presence {
        self.author(machine).await.presence
    }
}

fn named(name: &str) -> Presence {
    Presence::Named(name.to_owned())
}

contract! {
    /// What every `PeopleStore` must do.
    pub fn people(world: World) {
        async fn a_name_is_shown_from_its_event_on() {
            let (user, machine) = (world.user(), world.machine());
            world.say(user, machine, "hello").await;
            assert_eq!(world.presence(machine).await, Presence::Unknown);
            world.person(user, 1, here("Ada L.")).await;
            assert_eq!(world.presence(machine).await, named("Ada L."));
            let comment = world.say(user, world.machine(), "hello").await;
            assert_eq!(comment.author.presence, named("Ada L."));
        }

        async fn the_newest_revision_names_in_whatever_order_they_come() {
            let (user, machine) = (world.user(), world.machine());
            world.say(user, machine, "hello").await;
            world.person(user, 2, here("Ada L.")).await;
            for revision in [1, 2] {
                world.person(user, revision, here("Ada B.")).await;
            }
            assert_eq!(world.presence(machine).await, named("Ada L."));
            world.person(user, 3, here("Ada K.")).await;
            assert_eq!(world.presence(machine).await, named("Ada K."));
        }

        async fn a_badge_is_for_who_ran_that_machine() {
            let (user, machine, other) = (world.user(), world.machine(), world.machine());
            for place in [machine, other] {
                world.say(user, place, "hello").await;
            }
            world.has_run(world.user(), machine).await;
            assert!(!world.author(machine).await.has_run);
            for _ in 0..2 {
                world.has_run(user, machine).await;
            }
            assert!(world.author(machine).await.has_run && !world.author(other).await.has_run);
        }

        async fn who_is_leaving_has_no_name_and_still_counts() {
            let (user, machine) = (world.user(), world.machine());
            world.person(user, 1, here("Ada L.")).await;
            world.set(user, machine, Some(Stance::Like)).await;
            world.say(user, machine, "hello").await;
            world.person(user, 2, Life::Leaving).await;
            assert_eq!(world.presence(machine).await, Presence::Deleted);
            assert_eq!(world.counted(machine).await, (1, 0, 1));
        }

        async fn who_is_gone_takes_likes_and_badges_along_and_leaves_comments() {
            let (user, bob, machine, other) = (world.user(), world.user(), world.machine(), world.machine());
            for (who, place, stance) in [
                (user, machine, Stance::Like),
                (bob, machine, Stance::Like),
                (user, other, Stance::Dislike),
                (bob, other, Stance::Like),
            ] {
                world.set(who, place, Some(stance)).await;
            }
            world.has_run(user, machine).await;
            world.say(user, machine, "stays").await;
            // Twice, as after a crash before the position was heard of.
            for _ in 0..2 {
                world.person(user, 2, Life::Gone).await;
            }
            assert_eq!(world.counted(machine).await, (1, 0, 1));
            assert_eq!(world.counted(other).await, (1, 0, 0));
            assert_eq!(world.likes.standing(Some(user), machine).await.unwrap().mine, None);
            assert_eq!(world.author(machine).await, Author { user, presence: Presence::Deleted, has_run: false });
        }

        async fn who_left_and_is_gone_later_loses_likes_then() {
            let (user, machine) = (world.user(), world.machine());
            world.set(user, machine, Some(Stance::Dislike)).await;
            world.person(user, 2, Life::Leaving).await;
            world.person(user, 3, Life::Gone).await;
            assert_eq!(world.counted(machine).await, (0, 0, 0));
        }

        async fn who_is_gone_brings_nothing_back() {
            let (user, machine) = (world.user(), world.machine());
            let comment = world.say(user, machine, "hello").await;
            world.person(user, 2, Life::Gone).await;
            let liked = world.likes.set(user, machine, Some(Stance::Like), world.ambient.now()).await;
            assert_eq!(liked.unwrap_err().code, ErrorCode::SessionClosed);
            let said = world.try_say(user, &world.draft(machine, "again"), ANY_PACE).await;
            assert_eq!(said.unwrap_err().code, ErrorCode::SessionClosed);
            let draft = Draft { id: comment.id, ..world.draft(machine, "goodbye") };
            let edited = world.comments.edit(user, &draft, &act("comment.edit", comment.id)).await;
            assert_eq!(edited.unwrap_err().code, ErrorCode::SessionClosed);
            assert_eq!(world.texts(machine).await, ["hello"]);
            // The removal of their allocations may be heard of afterwards.
            world.has_run(user, machine).await;
            assert!(!world.author(machine).await.has_run);
            assert_eq!(world.counted(machine).await, (0, 0, 1));
        }

        async fn a_position_moves_with_its_effects_and_never_back() {
            for (topic, position) in [(Topic::User, 7), (Topic::Allocation, 3), (Topic::User, 5)] {
                let intake = Intake { topic, effects: Vec::new(), letters: Vec::new(), position };
                world.people.take("positions", intake).await.unwrap();
            }
            let position = async |who, topic| world.people.position(who, topic).await.unwrap();
            assert_eq!((position("positions", Topic::User).await, position("positions", Topic::Allocation).await), (7, 3));
            assert_eq!(position("other", Topic::User).await, 0);
        }

        async fn an_event_put_aside_is_passed_over() {
            let (user, machine) = (world.user(), world.machine());
            world.say(user, machine, "hello").await;
            let person = Person { user, life: here("Ada L."), revision: 1 };
            let text = "no user".to_owned();
            let event = Event::new(&world.ambient, Topic::User, ServiceName::User, "user.created", user, 1, &text);
            let letter = DeadLetter { record: Record { position: 4, event }, reason: text };
            let effects = vec![Effect::Person(person)];
            let intake = Intake { topic: Topic::User, effects, letters: vec![letter], position: 5 };
            for _ in 0..2 {
                world.people.take("letters", intake.clone()).await.unwrap();
            }
            assert_eq!(world.people.position("letters", Topic::User).await.unwrap(), 5);
            assert_eq!(world.presence(machine).await, named("Ada L."));
        }
    }
}
