//! The contract of `Leases`: a shard has one holder at most, and nobody keeps what they do not renew.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bus::{RelayId, Shard};
use futures::future::join_all;

use super::{World, all, set, shards};
use crate::{contract, until, until_within};

/// Longer than a case takes.
const LONG: Duration = Duration::from_secs(120);
/// Short enough to see it run out. A database may count in whole seconds.
const SHORT: Duration = Duration::from_secs(2);
/// When it is over for certain.
const OVER: Duration = Duration::from_secs(15);

impl World {
    async fn take(&self, relay: RelayId, wanted: &[Shard], length: Duration) -> BTreeSet<Shard> {
        set(self.outbox.take(relay, wanted, length).await.unwrap())
    }

    /// How many relays live and what each of these holds, as one of them sees it.
    async fn roll(&self, relay: RelayId, of: &[RelayId]) -> (usize, Vec<usize>) {
        let roll = self.outbox.attend(relay, LONG).await.unwrap();
        let held = |relay: &RelayId| roll.holders.values().filter(|holder| *holder == relay).count();
        assert_eq!(roll.holders.len(), of.iter().map(held).sum::<usize>(), "somebody else holds something");
        (roll.relays, of.iter().map(held).collect())
    }
}

/// Waits until a time has passed since `began`.
async fn after(began: Instant, span: Duration) {
    until(|| async { began.elapsed() }, |elapsed| *elapsed > span).await;
}

contract! {
    /// What every `Leases` must do.
    pub fn leases(world: World) {
        async fn a_free_shard_is_taken_and_then_it_is_not_free() {
            let (a, b) = (world.relay(), world.relay());
            assert_eq!(world.take(a, &shards(0..5), LONG).await, set(shards(0..5)));
            assert_eq!(world.take(b, &all(), LONG).await, set(shards(5..16)));
            assert_eq!(world.take(b, &shards([4]), LONG).await, BTreeSet::new());
            assert_eq!(world.take(b, &[], LONG).await, BTreeSet::new());
        }

        async fn taking_again_renews_and_says_so() {
            let (a, b) = (world.relay(), world.relay());
            let began = Instant::now();
            for length in [SHORT, LONG] {
                assert_eq!(world.take(a, &shards([0, 7]), length).await, set(shards([0, 7])));
            }
            after(began, SHORT + Duration::from_secs(1)).await;
            assert_eq!(world.take(b, &shards([0, 7]), LONG).await, BTreeSet::new());
        }

        async fn of_many_at_once_one_takes_each() {
            let relays: Vec<_> = (0..8).map(|_| world.relay()).collect();
            let wanted = all();
            let taken = join_all(relays.iter().map(|relay| world.take(*relay, &wanted, LONG))).await;
            assert_eq!(taken.iter().map(BTreeSet::len).sum::<usize>(), 16, "{taken:?}");
            let together: BTreeSet<_> = taken.into_iter().flatten().collect();
            assert_eq!(together, set(all()));
        }

        async fn a_lease_runs_out_and_does_not_come_back() {
            let (a, b) = (world.relay(), world.relay());
            let free = BTreeSet::new();
            assert_eq!(world.take(a, &shards([3]), SHORT).await, set(shards([3])));
            let third = shards([3]);
            until_within(OVER, "the lease's end", || world.take(b, &third, LONG), |taken| *taken != free).await;
            assert_eq!(world.take(a, &shards([3]), LONG).await, free);
            world.outbox.give_back(a, &shards([3])).await.unwrap();
            assert_eq!(world.take(a, &shards([3]), LONG).await, free);
        }

        async fn what_is_given_back_is_free_at_once() {
            let (a, b) = (world.relay(), world.relay());
            world.take(a, &all(), LONG).await;
            world.outbox.give_back(a, &shards(8..16)).await.unwrap();
            assert_eq!(world.take(b, &all(), LONG).await, set(shards(8..16)));
        }

        async fn nobody_gives_back_what_another_holds() {
            let (a, b) = (world.relay(), world.relay());
            world.take(a, &shards(0..4), LONG).await;
            world.outbox.give_back(b, &all()).await.unwrap();
            world.outbox.leave(b).await.unwrap();
            assert_eq!(world.take(b, &shards(0..4), LONG).await, BTreeSet::new());
        }

        async fn the_roll_tells_who_is_there_and_who_holds_what() {
            let (a, b) = (world.relay(), world.relay());
            assert_eq!(world.roll(a, &[a, b]).await, (1, vec![0, 0]));
            world.take(a, &shards(0..10), LONG).await;
            assert_eq!(world.roll(b, &[a, b]).await, (2, vec![10, 0]));
            world.take(b, &all(), LONG).await;
            assert_eq!(world.roll(a, &[a, b]).await, (2, vec![10, 6]));
            let roll = world.outbox.attend(a, LONG).await.unwrap();
            assert_eq!(roll.holders[&Shard::new(9).unwrap()], a);
            assert_eq!(roll.holders[&Shard::new(10).unwrap()], b);
        }

        async fn who_is_silent_is_struck_off_and_its_leases_with_it() {
            let (a, b) = (world.relay(), world.relay());
            world.outbox.attend(a, SHORT).await.unwrap();
            world.take(a, &shards([1]), SHORT).await;
            assert_eq!(world.roll(b, &[a, b]).await, (2, vec![1, 0]));
            let both = [a, b];
            until_within(OVER, "an empty roll", || world.roll(b, &both), |roll| *roll == (1, vec![0, 0])).await;
        }

        async fn who_leaves_is_gone_at_once() {
            let (a, b) = (world.relay(), world.relay());
            world.roll(a, &[a]).await;
            world.take(a, &all(), LONG).await;
            world.outbox.leave(a).await.unwrap();
            assert_eq!(world.roll(b, &[a, b]).await, (1, vec![0, 0]));
            assert_eq!(world.take(b, &all(), LONG).await, set(all()));
        }
    }
}
