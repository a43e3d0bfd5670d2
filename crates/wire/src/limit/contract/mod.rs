//! What any counter must do, tried on both of ours; and wrong ones that prove that each case can fail.

mod limits;
mod runs;
mod wrong;

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use kit::{Ambient, UserId};
use testkit::contract;

use super::{Counter, Limit, LimitsConfig, SharedCounter, Verdict, Who};

/// Five a minute, so one in twelve seconds; and as a second limit, three.
fn config() -> LimitsConfig {
    let number = |number| NonZeroU32::new(number).expect("it is not 0");
    LimitsConfig {
        address_per_minute: number(5),
        caller_per_minute: number(3),
        credentials_per_minute: number(5),
        trusted_proxies: Vec::new(),
    }
}

const EACH: Duration = Duration::from_secs(12);

/// Lets time pass for a counter.
#[async_trait]
trait Passes: Send + Sync {
    async fn pass(&self, time: Duration);
}

/// A counter that has counted nothing, with time that passes when a case says so, or a little faster.
#[derive(Clone)]
struct World<C: ?Sized = dyn Counter> {
    counter: Arc<C>,
    time: Arc<dyn Passes>,
}

const ADA: Who = Who::Network(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
const BOB: Who = Who::Network(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)));

impl<C: Counter + ?Sized> World<C> {
    async fn take(&self) -> Verdict {
        self.counter.take(Limit::Credentials, ADA).await.unwrap()
    }

    /// How many of so many pass, one after another.
    async fn passes(&self, of: u32) -> u32 {
        let mut passed = 0;
        for _ in 0..of {
            passed += u32::from(self.take().await == Verdict::Passes);
        }
        passed
    }

    async fn waits(&self) -> Duration {
        match self.take().await {
            Verdict::Waits(wait) => wait,
            Verdict::Passes => panic!("it passes"),
        }
    }
}

impl World<dyn SharedCounter> {
    async fn charge(&self, count: u32) -> Verdict {
        self.counter.charge(Limit::Credentials, ADA, NonZeroU32::new(count).unwrap()).await.unwrap()
    }

    async fn owes(&self, count: u32) -> Duration {
        match self.charge(count).await {
            Verdict::Waits(wait) => wait,
            Verdict::Passes => panic!("one more passes"),
        }
    }
}

/// Whether a wait is this long, give or take what a busy machine needs.
fn is_about(wait: Duration, wanted: Duration) -> bool {
    wait <= wanted && wait + Duration::from_secs(8) > wanted
}

contract! {
    fn counter(world: World) {
        async fn as_many_as_the_limit_pass_at_once_and_no_more() {
            assert_eq!(world.passes(20).await, 5);
        }

        async fn of_a_hundred_at_once_exactly_the_limit_passes() {
            let all = join_all((0..100).map(|_| world.take())).await;
            assert_eq!(all.into_iter().filter(|verdict| *verdict == Verdict::Passes).count(), 5);
        }

        async fn who_waits_as_told_passes_once() {
            world.passes(5).await;
            let wait = world.waits().await;
            assert!(is_about(wait, EACH), "{wait:?}");
            world.time.pass(wait).await;
            assert_eq!(world.passes(2).await, 1);
        }

        async fn who_comes_back_too_early_waits_for_the_rest() {
            world.passes(5).await;
            world.time.pass(EACH / 4).await;
            let wait = world.waits().await;
            assert!(is_about(wait, EACH * 3 / 4), "{wait:?}");
        }

        async fn a_refusal_costs_nothing() {
            world.passes(5).await;
            world.passes(50).await;
            world.time.pass(EACH).await;
            assert_eq!(world.take().await, Verdict::Passes);
        }

        async fn what_is_left_grows_evenly_and_no_further_than_the_limit() {
            world.passes(5).await;
            world.time.pass(3 * EACH).await;
            assert_eq!(world.passes(20).await, 3);
            world.time.pass(100 * EACH).await;
            assert_eq!(world.passes(20).await, 5);
        }

        async fn everybody_has_a_limit_of_their_own() {
            world.passes(20).await;
            let others = [
                BOB,
                Who::Network("2001:db8::".parse().unwrap()),
                Who::Network("2001:db8:0:1::".parse().unwrap()),
                Who::User(UserId::mint(&Ambient::system())),
            ];
            for who in others {
                assert_eq!(world.counter.take(Limit::Credentials, who).await.unwrap(), Verdict::Passes, "{who}");
            }
        }

        async fn every_limit_counts_apart_and_to_its_own_number() {
            world.passes(20).await;
            assert_eq!(world.counter.take(Limit::Address, ADA).await.unwrap(), Verdict::Passes);
            let mut passed = 0;
            for _ in 0..20 {
                passed += u32::from(world.counter.take(Limit::Caller, ADA).await.unwrap() == Verdict::Passes);
            }
            assert_eq!(passed, 3);
        }
    }
}

contract! {
    fn shared_counter(world: World<dyn SharedCounter>) {
        async fn what_was_charged_is_gone() {
            assert_eq!(world.charge(3).await, Verdict::Passes);
            assert_eq!(world.passes(20).await, 2);
        }

        async fn who_has_just_the_limit_is_told_to_wait_for_one() {
            let wait = world.owes(5).await;
            assert!(is_about(wait, EACH), "{wait:?}");
            assert_eq!(world.passes(1).await, 0);
        }

        async fn a_debt_is_paid_back_before_anything_passes() {
            let wait = world.owes(7).await;
            assert!(is_about(wait, 3 * EACH), "{wait:?}");
            world.time.pass(2 * EACH).await;
            assert_eq!(world.passes(1).await, 0);
            world.time.pass(EACH).await;
            assert_eq!(world.passes(20).await, 1);
        }

        async fn a_debt_ends_after_a_minute() {
            let wait = world.owes(1000).await;
            assert!(is_about(wait, 6 * EACH), "{wait:?}");
            world.time.pass(wait).await;
            assert_eq!(world.passes(20).await, 1);
        }

        async fn charges_of_many_at_once_add_up() {
            join_all((0..8).map(|_| world.charge(1))).await;
            let wait = world.waits().await;
            assert!(is_about(wait, 4 * EACH), "{wait:?}");
        }

        async fn a_charge_is_one_persons() {
            world.owes(100).await;
            assert_eq!(world.counter.take(Limit::Credentials, BOB).await.unwrap(), Verdict::Passes);
            assert_eq!(world.counter.take(Limit::Address, ADA).await.unwrap(), Verdict::Passes);
        }
    }
}
