//! The throttle on codes: how many go to one address, also when they are asked for at once.

use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use kit::{ErrorCode, Failure, Timestamp};
use testkit::{TestClock, contract};

use super::World;
use crate::domain::CodeRules;

/// Lets time pass for a throttle.
#[async_trait]
pub trait Passes: Send + Sync {
    async fn pass(&self, time: Duration);
}

#[async_trait]
impl Passes for TestClock {
    async fn pass(&self, time: Duration) {
        self.advance(time);
    }
}

const MINUTE: Duration = Duration::from_secs(60);
pub const ADA: [u8; 32] = [1; 32];
const NOBODY: [u8; 32] = [2; 32];

impl World {
    async fn ask_for(&self, recipient: &[u8; 32]) -> Result<Timestamp, Failure> {
        self.throttle.admit(recipient, World::rules(), self.ambient.now()).await
    }

    async fn goes(&self) -> bool {
        self.ask_for(&ADA).await.is_ok()
    }

    /// The seconds that a refusal names.
    async fn must_wait(&self) -> u32 {
        let refused = self.ask_for(&ADA).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::CodeTooSoon);
        refused.retry_after.unwrap()
    }

    async fn count_one(&self) -> Timestamp {
        self.throttle.count(&ADA, self.ambient.now()).await.unwrap()
    }

    async fn take_back(&self, counted: Timestamp) {
        self.throttle.take_back(&ADA, counted).await.unwrap();
    }

    /// How many of a hundred go that are asked for at once.
    async fn of_a_hundred(&self, rules: CodeRules) -> usize {
        let all = join_all((0..100).map(|_| self.throttle.admit(&ADA, rules, self.ambient.now()))).await;
        all.into_iter().flatten().count()
    }
}

/// Whether a wait is so many seconds, or a few less for what a busy machine needs.
fn is_about(wait: u32, seconds: u32) -> bool {
    wait <= seconds && wait + 8 >= seconds
}

contract! {
    pub fn throttle(world: World) {
        async fn a_second_code_waits_for_a_minute() {
            assert!(world.goes().await);
            assert!(is_about(world.must_wait().await, 60));
            world.time.pass(MINUTE / 2).await;
            assert!(is_about(world.must_wait().await, 30));
            world.time.pass(MINUTE / 2).await;
            assert!(world.goes().await);
            assert!(!world.goes().await);
        }

        async fn of_a_hundred_at_once_one_goes() {
            assert_eq!(world.of_a_hundred(World::rules()).await, 1);
            world.time.pass(MINUTE).await;
            assert_eq!(world.of_a_hundred(World::rules()).await, 1);
        }

        async fn of_a_hundred_at_once_an_hours_number_goes_where_there_is_no_pause() {
            let rules = CodeRules { pause: Duration::ZERO, ..World::rules() };
            assert_eq!(world.of_a_hundred(rules).await, 5);
        }

        async fn an_hour_has_five() {
            for _ in 0..5 {
                assert!(world.goes().await);
                world.time.pass(MINUTE).await;
            }
            assert!(is_about(world.must_wait().await, 55 * 60));
            world.time.pass(55 * MINUTE).await;
            assert!(world.goes().await);
            assert!(is_about(world.must_wait().await, 60));
        }

        async fn a_refusal_costs_nothing() {
            assert!(world.goes().await);
            for _ in 0..10 {
                assert!(!world.goes().await);
            }
            world.time.pass(MINUTE).await;
            assert!(world.goes().await);
        }

        async fn every_address_has_its_own() {
            assert!(world.goes().await);
            assert!(world.ask_for(&NOBODY).await.is_ok());
            assert!(world.ask_for(&NOBODY).await.is_err());
        }

        async fn what_goes_in_any_case_counts() {
            world.count_one().await;
            assert!(is_about(world.must_wait().await, 60));
            for _ in 0..5 {
                world.count_one().await;
                world.time.pass(MINUTE).await;
            }
            // Six went: the second oldest, a little younger than the oldest, must be an hour old.
            assert!(is_about(world.must_wait().await, 55 * 60 + 1));
        }

        async fn what_is_taken_back_never_went() {
            let counted = world.ask_for(&ADA).await.unwrap();
            world.take_back(counted).await;
            let counted = world.ask_for(&ADA).await.unwrap();
            assert!(!world.goes().await);
            world.take_back(counted).await;
            let counted = world.count_one().await;
            world.take_back(counted).await;
            assert!(world.goes().await);
        }

        async fn taking_back_one_leaves_the_others() {
            let first = world.ask_for(&ADA).await.unwrap();
            world.time.pass(MINUTE).await;
            let second = world.ask_for(&ADA).await.unwrap();
            world.throttle.take_back(&NOBODY, second).await.unwrap();
            assert!(!world.goes().await);
            world.take_back(second).await;
            world.take_back(second).await;
            assert!(world.goes().await);
            assert_ne!(first, second);
            assert!(is_about(world.must_wait().await, 60));
        }

        async fn an_hours_number_counts_what_was_not_taken_back() {
            let rules = CodeRules { pause: Duration::ZERO, ..World::rules() };
            for _ in 0..4 {
                world.count_one().await;
            }
            let fifth = world.count_one().await;
            assert_eq!(world.of_a_hundred(rules).await, 0);
            world.take_back(fifth).await;
            assert_eq!(world.of_a_hundred(rules).await, 1);
        }
    }
}
