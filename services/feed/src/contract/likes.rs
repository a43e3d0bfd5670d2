//! The contract of `LikeStore`: one stance a user, and counts that are what counting would give, under any race.

use kit::{MachineId, UserId};
use testkit::contract;
use tokio::task::JoinSet;

use super::World;
use crate::domain::{Opinion, Stance, Standing};

impl World {
    async fn judged(&self, machine: MachineId) -> (u64, u64) {
        let standing = self.likes.standing(None, machine).await.unwrap();
        assert_eq!(standing.mine, None, "nobody in particular asked");
        (standing.likes, standing.dislikes)
    }
}

contract! {
    /// What every `LikeStore` must do.
    pub fn likes(world: World) {
        async fn a_machine_that_nobody_judged_has_zeroes() {
            let standing = world.likes.standing(Some(world.user()), world.machine()).await.unwrap();
            assert_eq!(standing, Standing::default());
        }

        async fn a_change_answers_with_what_stands_then() {
            let (user, machine) = (world.user(), world.machine());
            let standing = world.set(user, machine, Some(Stance::Like)).await;
            assert_eq!(standing, Standing { likes: 1, dislikes: 0, mine: Some(Stance::Like) });
            assert_eq!(world.likes.standing(Some(user), machine).await.unwrap(), standing);
        }

        async fn the_same_twice_counts_once() {
            let (user, machine) = (world.user(), world.machine());
            for _ in 0..2 {
                world.set(user, machine, Some(Stance::Dislike)).await;
            }
            assert_eq!(world.judged(machine).await, (0, 1));
            for _ in 0..2 {
                world.set(user, machine, None).await;
            }
            assert_eq!(world.judged(machine).await, (0, 0));
        }

        async fn a_change_of_mind_moves_both_counts() {
            let (user, machine) = (world.user(), world.machine());
            world.set(world.user(), machine, Some(Stance::Like)).await;
            world.set(user, machine, Some(Stance::Like)).await;
            let standing = world.set(user, machine, Some(Stance::Dislike)).await;
            assert_eq!(standing, Standing { likes: 1, dislikes: 1, mine: Some(Stance::Dislike) });
        }

        async fn users_and_machines_do_not_mix() {
            let (user, machine, other) = (world.user(), world.machine(), world.machine());
            world.set(user, machine, Some(Stance::Like)).await;
            assert_eq!(world.judged(other).await, (0, 0));
            assert_eq!(world.likes.standing(Some(world.user()), machine).await.unwrap().mine, None);
        }

        async fn a_hundred_parallel_changes_are_counted_exactly() {
            let machine = world.machine();
            let users: Vec<UserId> = (0..25).map(|_| world.user()).collect();
            let mut work = JoinSet::new();
            // Each user changes four times at once; whatever comes last, counts are what the rows say.
            for (at, stance) in [Some(Stance::Like), Some(Stance::Dislike), None, Some(Stance::Like)].into_iter().enumerate() {
                for (turn, user) in users.iter().copied().enumerate() {
                    let (likes, now) = (world.likes.clone(), world.ambient.now());
                    let stance = if (at + turn) % 2 == 0 { stance } else { Some(Stance::Like) };
                    work.spawn(async move { likes.set(user, machine, stance, now).await.unwrap() });
                }
            }
            work.join_all().await;
            let mut counted = (0, 0);
            for user in users {
                match world.likes.standing(Some(user), machine).await.unwrap().mine {
                    Some(Stance::Like) => counted.0 += 1,
                    Some(Stance::Dislike) => counted.1 += 1,
                    None => {}
                }
            }
            assert_eq!(world.judged(machine).await, counted);
        }

        async fn a_hundred_users_at_once_are_a_hundred_likes() {
            let machine = world.machine();
            let mut work = JoinSet::new();
            for _ in 0..100 {
                let (likes, user, now) = (world.likes.clone(), world.user(), world.ambient.now());
                work.spawn(async move { likes.set(user, machine, Some(Stance::Like), now).await.unwrap() });
            }
            work.join_all().await;
            assert_eq!(world.judged(machine).await, (100, 0));
        }

        async fn one_user_liking_fifty_times_at_once_likes_once() {
            let (user, machine) = (world.user(), world.machine());
            let mut work = JoinSet::new();
            for _ in 0..50 {
                let (likes, now) = (world.likes.clone(), world.ambient.now());
                work.spawn(async move { likes.set(user, machine, Some(Stance::Like), now).await.unwrap() });
            }
            work.join_all().await;
            assert_eq!(world.judged(machine).await, (1, 0));
        }

        async fn one_user_flipping_a_hundred_times_at_once_has_one_stance() {
            let (user, machine) = (world.user(), world.machine());
            world.set(world.user(), machine, Some(Stance::Like)).await;
            let mut work = JoinSet::new();
            for turn in 0..100 {
                let (likes, now) = (world.likes.clone(), world.ambient.now());
                let stance = [Some(Stance::Like), Some(Stance::Dislike), None][turn % 3];
                work.spawn(async move { likes.set(user, machine, stance, now).await.unwrap() });
            }
            work.join_all().await;
            let mine = world.likes.standing(Some(user), machine).await.unwrap().mine;
            let (likes, dislikes) = Stance::moves(None, mine);
            assert_eq!(world.judged(machine).await, (1 + likes as u64, dislikes as u64));
        }

        async fn all_that_one_user_thinks_is_told_and_nothing_else() {
            let (user, machine, other) = (world.user(), world.machine(), world.machine());
            world.set(world.user(), machine, Some(Stance::Like)).await;
            world.set(user, machine, Some(Stance::Dislike)).await;
            world.set(user, other, Some(Stance::Like)).await;
            world.set(user, other, None).await;
            let at = world.ambient.now();
            let opinions = world.likes.of_user(user, 9).await.unwrap();
            assert_eq!(opinions, [Opinion { machine, stance: Stance::Dislike, at }]);
            world.set(user, other, Some(Stance::Like)).await;
            assert_eq!(world.likes.of_user(user, 9).await.unwrap().len(), 2);
            assert_eq!(world.likes.of_user(user, 1).await.unwrap().len(), 1);
        }
    }
}
