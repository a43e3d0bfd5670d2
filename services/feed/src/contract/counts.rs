//! The contract of `CountStore`: what counting would give, for many machines at once.

use testkit::contract;
use tokio::task::JoinSet;

use super::{ANY_PACE, World, act};
use crate::domain::{Counts, Stance};

contract! {
    /// What every `CountStore` must do.
    pub fn counts(world: World) {
        async fn a_machine_that_nobody_spoke_of_has_zeroes() {
            let machine = world.machine();
            assert_eq!(world.counts.counts(&[machine]).await.unwrap(), [Counts::none(machine)]);
            assert_eq!(world.counts.counts(&[]).await.unwrap(), []);
        }

        async fn each_machine_is_answered_in_the_order_of_the_question() {
            let (liked, spoken, both, neither) = (world.machine(), world.machine(), world.machine(), world.machine());
            for (user, machine) in [(world.user(), liked), (world.user(), both)] {
                world.set(user, machine, Some(Stance::Like)).await;
            }
            world.set(world.user(), both, Some(Stance::Dislike)).await;
            for machine in [spoken, both, both] {
                world.say(world.user(), machine, "good").await;
            }
            let expected = [
                Counts { likes: 1, dislikes: 1, comments: 2, machine: both },
                Counts::none(neither),
                Counts { likes: 1, ..Counts::none(liked) },
                Counts { comments: 1, ..Counts::none(spoken) },
                Counts { likes: 1, dislikes: 1, comments: 2, machine: both },
            ];
            assert_eq!(world.counts.counts(&expected.map(|counts| counts.machine)).await.unwrap(), expected);
        }

        async fn as_many_as_may_be_asked_at_once_are_answered() {
            let machines: Vec<_> = (0..Counts::MOST).map(|_| world.machine()).collect();
            world.say(world.user(), machines[Counts::MOST - 1], "good").await;
            let counts = world.counts.counts(&machines).await.unwrap();
            assert_eq!(counts.len(), Counts::MOST);
            assert_eq!(counts[Counts::MOST - 1].comments, 1);
        }

        async fn a_hundred_comments_at_once_are_a_hundred() {
            let machine = world.machine();
            let mut work = JoinSet::new();
            for _ in 0..100 {
                let (comments, user, draft) = (world.comments.clone(), world.user(), world.draft(machine, "good"));
                let act = act("comment.create", draft.id);
                work.spawn(async move { comments.create(user, &draft, ANY_PACE, &act).await.unwrap() });
            }
            work.join_all().await;
            assert_eq!(world.counted(machine).await, (0, 0, 100));
        }

        async fn of_ten_removals_at_once_one_counts() {
            let (user, machine) = (world.user(), world.machine());
            let comments = [world.say(user, machine, "stays").await, world.say(user, machine, "goes").await];
            let id = comments[1].id;
            let mut work = JoinSet::new();
            for _ in 0..10 {
                let comments = world.comments.clone();
                let act = act("comment.delete", id);
                work.spawn(async move { comments.delete(user, machine, id, &act).await.unwrap() });
            }
            assert_eq!(work.join_all().await.into_iter().filter(|removed| *removed).count(), 1);
            assert_eq!(world.counted(machine).await, (0, 0, 1));
        }
    }
}
