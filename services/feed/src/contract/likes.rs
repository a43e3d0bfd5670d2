//! The contract of `LikeStore`: one stance a user, and counts that are what counting would give, under any race.

use std::sync::Arc;

use kit::{Ambient, MachineId, UserId};
use testkit::contract;

use crate::domain::{Stance, Standing};
use crate::ports::LikeStore;

/// A store of its own for one case.
pub struct World {
    pub store: Arc<dyn LikeStore>,
    pub ambient: Ambient,
    /// Whatever has to live as long as the store.
    pub keep: Box<dyn std::any::Any + Send + Sync>,
}

impl World {
    fn user(&self) -> UserId {
        UserId::mint(&self.ambient)
    }

    fn machine(&self) -> MachineId {
        MachineId::mint(&self.ambient)
    }

    async fn set(&self, user: UserId, machine: MachineId, stance: Option<Stance>) -> Standing {
        self.store.set(user, machine, stance, self.ambient.now()).await.unwrap()
    }

    async fn counts(&self, machine: MachineId) -> (u64, u64) {
        let standing = self.store.standing(None, machine).await.unwrap();
        assert_eq!(standing.mine, None, "nobody in particular asked");
        (standing.likes, standing.dislikes)
    }
}

contract! {
    /// What every `LikeStore` must do.
    pub fn likes(world: World) {
        async fn a_machine_that_nobody_judged_has_zeroes() {
            let standing = world.store.standing(Some(world.user()), world.machine()).await.unwrap();
            assert_eq!(standing, Standing::default());
        }

        async fn a_change_answers_with_what_stands_then() {
            let (user, machine) = (world.user(), world.machine());
            let standing = world.set(user, machine, Some(Stance::Like)).await;
            assert_eq!(standing, Standing { likes: 1, dislikes: 0, mine: Some(Stance::Like) });
            assert_eq!(world.store.standing(Some(user), machine).await.unwrap(), standing);
        }

        async fn the_same_twice_counts_once() {
            let (user, machine) = (world.user(), world.machine());
            for _ in 0..2 {
                world.set(user, machine, Some(Stance::Dislike)).await;
            }
            assert_eq!(world.counts(machine).await, (0, 1));
            for _ in 0..2 {
                world.set(user, machine, None).await;
            }
            assert_eq!(world.counts(machine).await, (0, 0));
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
            assert_eq!(world.counts(other).await, (0, 0));
            assert_eq!(world.store.standing(Some(world.user()), machine).await.unwrap().mine, None);
        }

        async fn a_hundred_parallel_changes_are_counted_exactly() {
            let machine = world.machine();
            let users: Vec<UserId> = (0..25).map(|_| world.user()).collect();
            let mut work = tokio::task::JoinSet::new();
            // Each user changes four times at once; whatever comes last, counts are what the rows say.
            for (at, stance) in [Some(Stance::Like), Some(Stance::Dislike), None, Some(Stance::Like)].into_iter().enumerate() {
                for (turn, user) in users.iter().copied().enumerate() {
                    let (store, now) = (world.store.clone(), world.ambient.now());
                    let stance = if (at + turn) % 2 == 0 { stance } else { Some(Stance::Like) };
                    work.spawn(async move { store.set(user, machine, stance, now).await.unwrap() });
                }
            }
            work.join_all().await;
            let mut counted = (0, 0);
            for user in users {
                match world.store.standing(Some(user), machine).await.unwrap().mine {
                    Some(Stance::Like) => counted.0 += 1,
                    Some(Stance::Dislike) => counted.1 += 1,
                    None => {}
                }
            }
            assert_eq!(world.counts(machine).await, counted);
        }

        async fn a_hundred_users_at_once_are_a_hundred_likes() {
            let machine = world.machine();
            let mut work = tokio::task::JoinSet::new();
            for _ in 0..100 {
                let (store, user, now) = (world.store.clone(), world.user(), world.ambient.now());
                work.spawn(async move { store.set(user, machine, Some(Stance::Like), now).await.unwrap() });
            }
            work.join_all().await;
            assert_eq!(world.counts(machine).await, (100, 0));
        }
    }
}
