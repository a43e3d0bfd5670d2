//! The suite on Redis, what only Redis can get wrong, and throttles with one rule broken each.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use cache::{Redis, Script};
use kit::{Ambient, Failure, Timestamp};
use testkit::contract::{fails, passes};
use testkit::servers::slots::{assert_one_slot_a_script, watched};
use testkit::servers::{self, Kind, Own, RedisPrefix};

use super::World;
use super::tests::world;
use super::throttle::{ADA, Passes, throttle};
use crate::domain::CodeRules;
use crate::domain::code::HOUR;
use crate::ports::Throttle;
use crate::store::RedisThrottle;

/// For tests that are not about being late: this machine may be busy.
const PATIENT: Duration = Duration::from_secs(20);

/// Lets time pass on Redis by setting back what was counted.
struct SetBack(Redis);

#[async_trait]
impl Passes for SetBack {
    async fn pass(&self, time: Duration) {
        let back = "for at, time in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
            redis.call('LSET', KEYS[1], at - 1, string.format('%.0f', time - ARGV[1])) end return {}";
        let micros = i64::try_from(time.as_micros()).unwrap();
        self.0.run(&Script::new(back), &key(&self.0), &[micros]).await.unwrap();
    }
}

fn key(redis: &Redis) -> cache::Key {
    redis.key("codes", "01".repeat(32))
}

async fn opened(url: &str, prefix: &str) -> Redis {
    let redis = Redis::open("test", &url.into(), prefix, PATIENT).unwrap();
    redis.connected().await;
    redis
}

async fn on(redis: Redis) -> World {
    let throttle = Arc::new(RedisThrottle::new(redis.clone()));
    World { throttle, time: Arc::new(SetBack(redis)), ..world().await }
}

#[tokio::test]
async fn the_throttle_on_redis() {
    let (prefix, worlds) = (RedisPrefix::new("throttle"), AtomicU32::new(0));
    let fresh = || {
        let prefix = format!("{}:{}", prefix.as_str(), worlds.fetch_add(1, Ordering::Relaxed));
        async move { on(opened(&servers::redis(), &prefix).await).await }
    };
    passes(throttle(), fresh).await;
}

#[tokio::test]
async fn scripts_keep_to_one_slot_and_what_was_counted_goes_after_an_hour() {
    let own = Own::start(Kind::RedisCluster).await;
    let redis = opened(own.address(), "own").await;
    let throttle = RedisThrottle::new(redis.clone());
    let work = async {
        for recipient in [ADA, [2; 32], [255; 32]] {
            let counted = throttle.admit(&recipient, World::rules(), Timestamp::EPOCH).await.unwrap();
            throttle.take_back(&recipient, counted).await.unwrap();
            throttle.count(&recipient, Timestamp::EPOCH).await.unwrap();
        }
    };
    assert_one_slot_a_script(&watched(&own, work).await);
    let life = Script::new("return {redis.call('PTTL', KEYS[1])}");
    let life = redis.run(&life, &key(&redis), &[]).await.unwrap()[0];
    assert!((3_500_000..=3_600_000).contains(&life), "{life}");
}

#[tokio::test]
async fn a_server_that_was_restarted_remembers_and_one_that_is_away_lets_nothing_go() {
    let own = Own::start(Kind::Redis).await;
    let throttle = RedisThrottle::new(opened(own.address(), "own").await);
    let code = async |recipient: [u8; 32]| {
        throttle.admit(&recipient, World::rules(), Timestamp::EPOCH).await.map_err(|failure| failure.code)
    };
    assert!(code(ADA).await.is_ok());
    own.stop().await;
    assert_eq!(code([2; 32]).await, Err(kit::ErrorCode::StoreUnavailable));
    own.start_again().await;
    testkit::until(|| code([2; 32]), Result::is_ok).await.unwrap();
    assert_eq!(code(ADA).await, Err(kit::ErrorCode::CodeTooSoon));
}

/// The script repeats the domain's rule, so both judge the same histories.
#[tokio::test]
async fn the_script_judges_as_the_rule_does() {
    let (prefix, ambient) = (RedisPrefix::new("throttle"), Ambient::system());
    let redis = opened(&servers::redis(), prefix.as_str()).await;
    let throttle = RedisThrottle::new(redis.clone());
    let put = "local clock = redis.call('TIME') redis.call('DEL', KEYS[1]) for _, age in ipairs(ARGV) do
        redis.call('RPUSH', KEYS[1], string.format('%.0f', clock[1] * 1000000 + clock[2] - age * 1000000)) end return {}";
    let put = Script::new(put);
    for _ in 0..300 {
        // Tens of seconds and a few: what a busy machine adds does not reach the next ten.
        let mut ages: Vec<u64> = (0..ambient.below(9)).map(|_| u64::from(ambient.below(400)) * 10 + 1).collect();
        ages.sort_unstable_by(|one, other| other.cmp(one));
        let arguments: Vec<i64> = ages.iter().map(|age| *age as i64).collect();
        redis.run(&put, &key(&redis), &arguments).await.unwrap();
        let now = Timestamp::EPOCH.plus(10 * HOUR);
        let sent: Vec<Timestamp> = ages.iter().map(|age| now.minus(Duration::from_secs(*age))).collect();
        let by_rule = World::rules().may_send(&sent, now).err().and_then(|failure| failure.retry_after);
        let by_script = throttle.admit(&ADA, World::rules(), now).await.err().and_then(|failure| failure.retry_after);
        let near = |rule: u32, script: u32| script <= rule && rule - script <= 8;
        let same = match (by_rule, by_script) {
            (None, None) => true,
            (Some(rule), Some(script)) => near(rule, script),
            _ => false,
        };
        assert!(same, "{ages:?}: {by_rule:?} by the rule, {by_script:?} by the script");
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrong {
    /// Reads, lets others have a turn, and writes what it read and one more.
    Races,
    /// Lets codes be asked for at any time.
    Talkative,
    /// Knows of the hour only.
    Hasty,
    /// Knows of the minute only.
    Forgetful,
    /// Counts refusals.
    Punishes,
    /// Counts all addresses together.
    MixesPeople,
    /// Does not count what goes in any case.
    Overlooks,
    /// Takes nothing back.
    Keeps,
    /// Takes everything back.
    ForgetsAll,
}

/// The times by recipient, by a clock of its own.
struct Model {
    wrong: Wrong,
    sent: Mutex<HashMap<[u8; 32], Vec<Timestamp>>>,
}

impl Model {
    fn is(&self, wrong: Wrong) -> bool {
        self.wrong == wrong
    }

    fn of(&self, recipient: &[u8; 32]) -> [u8; 32] {
        if self.is(Wrong::MixesPeople) { ADA } else { *recipient }
    }

    fn sent(&self, recipient: &[u8; 32]) -> Vec<Timestamp> {
        self.sent.lock().unwrap().get(&self.of(recipient)).cloned().unwrap_or_default()
    }

    fn put(&self, recipient: &[u8; 32], mut sent: Vec<Timestamp>, at: Timestamp) -> Timestamp {
        let at = sent.last().map_or(at, |last| at.max(last.plus(Duration::from_micros(1))));
        sent.push(at);
        self.sent.lock().unwrap().insert(self.of(recipient), sent);
        at
    }
}

#[async_trait]
impl Throttle for Model {
    async fn admit(&self, recipient: &[u8; 32], rules: CodeRules, at: Timestamp) -> Result<Timestamp, Failure> {
        let rules = match self.wrong {
            Wrong::Talkative => CodeRules { pause: Duration::ZERO, per_hour: u32::MAX, ..rules },
            Wrong::Hasty => CodeRules { pause: Duration::ZERO, ..rules },
            Wrong::Forgetful => CodeRules { per_hour: u32::MAX, ..rules },
            _ => rules,
        };
        let sent = self.sent(recipient);
        if self.is(Wrong::Races) {
            tokio::task::yield_now().await;
        }
        let judged = rules.may_send(&sent, sent.last().map_or(at, |last| at.max(*last)));
        if judged.is_err() && self.is(Wrong::Punishes) {
            self.put(recipient, sent.clone(), at);
        }
        judged.map(|()| self.put(recipient, sent, at))
    }

    async fn count(&self, recipient: &[u8; 32], at: Timestamp) -> Result<Timestamp, Failure> {
        if self.is(Wrong::Overlooks) {
            return Ok(at);
        }
        Ok(self.put(recipient, self.sent(recipient), at))
    }

    async fn take_back(&self, recipient: &[u8; 32], counted: Timestamp) -> Result<(), Failure> {
        let (keeps, all) = (self.is(Wrong::Keeps), self.is(Wrong::ForgetsAll));
        if let Some(sent) = self.sent.lock().unwrap().get_mut(&self.of(recipient)) {
            sent.retain(|at| keeps || !all && *at != counted);
        }
        Ok(())
    }
}

async fn breaks(wrong: Wrong, expected: &[&str]) {
    let wrong = || async {
        let throttle = Arc::new(Model { wrong, sent: Mutex::default() });
        World { throttle, ..world().await }
    };
    fails(throttle(), wrong, expected).await;
}

#[tokio::test]
async fn throttles_that_let_too_much_go_fail() {
    let at_once = "of_a_hundred_at_once_one_goes";
    let without_pause = "of_a_hundred_at_once_an_hours_number_goes_where_there_is_no_pause";
    let (hour, left) = ("an_hour_has_five", "an_hours_number_counts_what_was_not_taken_back");
    let pause = [
        "a_second_code_waits_for_a_minute",
        "a_refusal_costs_nothing",
        "every_address_has_its_own",
        "what_goes_in_any_case_counts",
        "what_is_taken_back_never_went",
        "taking_back_one_leaves_the_others",
    ];
    breaks(Wrong::Races, &[at_once, without_pause, left]).await;
    breaks(Wrong::Talkative, &[&pause[..], &[at_once, without_pause, hour, left]].concat()).await;
    breaks(Wrong::Hasty, &[&pause[..], &[at_once]].concat()).await;
    breaks(Wrong::Forgetful, &[without_pause, hour, left, pause[3]]).await;
    breaks(Wrong::Overlooks, &[left, pause[3]]).await;
    breaks(Wrong::ForgetsAll, &[left]).await;
}

#[tokio::test]
async fn throttles_that_let_too_little_go_fail() {
    let taken_back = ["what_is_taken_back_never_went", "taking_back_one_leaves_the_others"];
    let left = "an_hours_number_counts_what_was_not_taken_back";
    let punished = [
        "a_second_code_waits_for_a_minute",
        "of_a_hundred_at_once_one_goes",
        "an_hour_has_five",
        "a_refusal_costs_nothing",
    ];
    breaks(Wrong::Punishes, &[&punished[..], &taken_back, &[left]].concat()).await;
    breaks(Wrong::MixesPeople, &["every_address_has_its_own", taken_back[1]]).await;
    breaks(Wrong::Keeps, &[&taken_back[..], &[left]].concat()).await;
}
