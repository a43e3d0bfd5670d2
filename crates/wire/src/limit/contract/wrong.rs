//! Counters with one rule broken each.

use std::collections::HashMap;
use std::sync::Mutex;

use kit::Failure;
use testkit::TestClock;
use testkit::contract::fails;

use super::*;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrong {
    /// Reads, lets others have a turn, and writes what it read and one more.
    Races,
    /// Takes from who is refused as well.
    ChargesRefusals,
    /// Counts everybody together.
    MixesPeople,
    /// Counts all limits together.
    MixesLimits,
    /// Lets everything pass.
    Generous,
    /// Saves up what was not used.
    Hoards,
    /// Names no wait that is enough.
    Hasty,
    /// Takes no more than is left.
    ForgivesDebt,
    /// Never forgives.
    Resentful,
    /// Does not say that nothing is left.
    Silent,
}

type Bucket = (Option<Limit>, Option<Who>);

/// The time at which each bucket is full again, by a clock of its own.
struct Model {
    wrong: Wrong,
    full: Mutex<HashMap<Bucket, i64>>,
    clock: TestClock,
}

#[async_trait]
impl Passes for TestClock {
    async fn pass(&self, time: Duration) {
        self.advance(time);
    }
}

impl Model {
    fn is(&self, wrong: Wrong) -> bool {
        self.wrong == wrong
    }

    async fn run(&self, limit: Limit, who: Who, count: u32, in_any_case: bool) -> Verdict {
        let now = self.clock.ambient().now().as_micros();
        let holds = i64::from(limit.per_minute(&config()).get());
        let (each, window) = (60_000_000 / holds, 60_000_000);
        let key = ((!self.is(Wrong::MixesLimits)).then_some(limit), (!self.is(Wrong::MixesPeople)).then_some(who));
        let kept = self.full.lock().unwrap().get(&key).copied().unwrap_or(now);
        if self.is(Wrong::Races) {
            tokio::task::yield_now().await;
        }
        let least = if self.is(Wrong::Hoards) { now - 100 * window } else { now };
        let bound = if self.is(Wrong::Resentful) { i64::MAX } else { now + 2 * window };
        let before = kept.max(least).min(bound);
        let mut full = before + each * i64::from(count);
        let mut wait = full - window - now;
        if self.is(Wrong::Generous) {
            wait = 0;
        }
        if in_any_case {
            full = full.min(bound);
            if self.is(Wrong::ForgivesDebt) {
                full = full.min(now + window);
            }
            wait = if self.is(Wrong::Silent) { 0 } else { full + each - window - now };
        } else if wait > 0 {
            if self.is(Wrong::ChargesRefusals) {
                self.full.lock().unwrap().insert(key, full);
            }
            return Verdict::Waits(micros(if self.is(Wrong::Hasty) { wait / 8 } else { wait }));
        }
        self.full.lock().unwrap().insert(key, full);
        if wait > 0 { Verdict::Waits(micros(wait)) } else { Verdict::Passes }
    }
}

fn micros(wait: i64) -> Duration {
    Duration::from_micros(u64::try_from(wait).unwrap())
}

#[async_trait]
impl Counter for Model {
    async fn take(&self, limit: Limit, who: Who) -> Result<Verdict, Failure> {
        Ok(self.run(limit, who, 1, false).await)
    }
}

#[async_trait]
impl SharedCounter for Model {
    async fn charge(&self, limit: Limit, who: Who, count: NonZeroU32) -> Result<Verdict, Failure> {
        Ok(self.run(limit, who, count.get(), true).await)
    }
}

fn model(wrong: Wrong) -> (Arc<Model>, Arc<TestClock>) {
    let clock = TestClock::default();
    (Arc::new(Model { wrong, full: Mutex::default(), clock: clock.clone() }), Arc::new(clock))
}

async fn alone(wrong: Wrong, expected: &[&str]) {
    let world = || async {
        let (counter, time) = model(wrong);
        World { counter: counter as Arc<dyn Counter>, time }
    };
    fails(counter(), world, expected).await;
}

async fn shared(wrong: Wrong, expected: &[&str]) {
    let world = || async {
        let (counter, time) = model(wrong);
        World { counter: counter as Arc<dyn SharedCounter>, time }
    };
    fails(shared_counter(), world, expected).await;
}

#[tokio::test]
async fn counters_that_let_too_much_pass_fail() {
    let all = [
        "as_many_as_the_limit_pass_at_once_and_no_more",
        "of_a_hundred_at_once_exactly_the_limit_passes",
        "who_waits_as_told_passes_once",
        "who_comes_back_too_early_waits_for_the_rest",
        "what_is_left_grows_evenly_and_no_further_than_the_limit",
        "every_limit_counts_apart_and_to_its_own_number",
    ];
    alone(Wrong::Generous, &all).await;
    alone(Wrong::Races, &all[1..2]).await;
    alone(Wrong::Hoards, &all[4..5]).await;
}

#[tokio::test]
async fn counters_that_let_too_little_pass_fail() {
    alone(Wrong::ChargesRefusals, &["who_waits_as_told_passes_once", "a_refusal_costs_nothing"]).await;
    alone(Wrong::Hasty, &["who_waits_as_told_passes_once"]).await;
    alone(Wrong::MixesPeople, &["everybody_has_a_limit_of_their_own"]).await;
    alone(Wrong::MixesLimits, &["every_limit_counts_apart_and_to_its_own_number"]).await;
}

#[tokio::test]
async fn shared_counters_that_lose_charges_fail() {
    let debts = ["a_debt_is_paid_back_before_anything_passes", "a_debt_ends_after_a_minute"];
    let many = "charges_of_many_at_once_add_up";
    shared(Wrong::Races, &[many]).await;
    shared(Wrong::ForgivesDebt, &[debts[0], debts[1], many]).await;
    let let_pass = ["what_was_charged_is_gone", "who_has_just_the_limit_is_told_to_wait_for_one"];
    shared(Wrong::Generous, &[&debts[..], &let_pass, &[many]].concat()).await;
    shared(Wrong::Silent, &[&debts[..], &let_pass[1..], &["a_charge_is_one_persons"]].concat()).await;
}

#[tokio::test]
async fn shared_counters_that_charge_too_much_fail() {
    shared(Wrong::Resentful, &["a_debt_ends_after_a_minute"]).await;
    shared(Wrong::ChargesRefusals, &["a_debt_is_paid_back_before_anything_passes"]).await;
    shared(Wrong::MixesPeople, &["a_charge_is_one_persons"]).await;
    shared(Wrong::MixesLimits, &["a_charge_is_one_persons"]).await;
}
