//! The suites on the counters that ship, and what only Redis can get wrong.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use cache::{Redis, Script};
use governor::clock::FakeRelativeClock;
use kit::{Ambient, UserId};
use testkit::contract::passes;
use testkit::servers::slots::{assert_one_slot_a_script, watched};
use testkit::servers::{self, Kind, Own, RedisPrefix};

use super::{ADA, Passes, World, config, counter, shared_counter};
use crate::limit::local::LocalCounter;
use crate::limit::{Counter, Limit, RedisCounter, SharedCounter, Verdict, Who};

/// For tests that are not about being late: this machine may be busy.
pub const PATIENT: Duration = Duration::from_secs(20);

#[async_trait]
impl Passes for FakeRelativeClock {
    async fn pass(&self, time: Duration) {
        self.advance(time);
    }
}

/// Lets time pass on Redis by setting back what lies under a prefix.
struct SetBack(Redis);

#[async_trait]
impl Passes for SetBack {
    async fn pass(&self, time: Duration) {
        let back = "redis.call('SET', KEYS[1], string.format('%.0f', redis.call('GET', KEYS[1]) - ARGV[1]), 'KEEPTTL') return {}";
        let micros = i64::try_from(time.as_micros()).unwrap();
        self.0.run(&Script::new(back), &self.0.key("credentials", ADA), &[micros]).await.unwrap();
    }
}

pub async fn opened(url: &str, prefix: &str, deadline: Duration) -> Redis {
    let redis = Redis::open("test", &url.into(), prefix, deadline).unwrap();
    redis.connected().await;
    redis
}

async fn on_redis(prefix: &str) -> (Arc<RedisCounter>, Arc<dyn Passes>) {
    let redis = opened(&servers::redis(), prefix, PATIENT).await;
    (Arc::new(RedisCounter::new(redis.clone(), &config())), Arc::new(SetBack(redis)))
}

#[tokio::test]
async fn the_counter_of_one_process() {
    let fresh = || async {
        let clock = FakeRelativeClock::default();
        let counter = Arc::new(LocalCounter::new(&config(), clock.clone()));
        World { counter: counter as Arc<dyn Counter>, time: Arc::new(clock) }
    };
    passes(counter(), fresh).await;
}

#[tokio::test]
async fn the_counter_on_redis() {
    let (prefix, worlds) = (RedisPrefix::new("limit"), AtomicU32::new(0));
    let own = || format!("{}:{}", prefix.as_str(), worlds.fetch_add(1, Ordering::Relaxed));
    let fresh = || {
        let prefix = own();
        async move {
            let (counter, time) = on_redis(&prefix).await;
            World { counter: counter as Arc<dyn Counter>, time }
        }
    };
    passes(counter(), fresh).await;
    let fresh = || {
        let prefix = own();
        async move {
            let (counter, time) = on_redis(&prefix).await;
            World { counter: counter as Arc<dyn SharedCounter>, time }
        }
    };
    passes(shared_counter(), fresh).await;
}

#[tokio::test]
async fn scripts_keep_to_one_slot_and_their_keys_go_by_themselves() {
    let own = Own::start(Kind::RedisCluster).await;
    let redis = opened(own.address(), "own", PATIENT).await;
    let counter = RedisCounter::new(redis.clone(), &config());
    let work = async {
        for who in [ADA, Who::Network("2001:db8::".parse().unwrap()), Who::User(UserId::mint(&Ambient::system()))] {
            counter.take(Limit::Credentials, who).await.unwrap();
            counter.charge(Limit::Address, who, NonZeroU32::MIN).await.unwrap();
        }
    };
    assert_one_slot_a_script(&watched(&own, work).await);
    let life = Script::new("return {redis.call('PTTL', KEYS[1])}");
    let lives = async |limit: &str| redis.run(&life, &redis.key(limit, ADA), &[]).await.unwrap()[0];
    assert!((1..=12_000).contains(&lives("credentials").await) && (1..=12_000).contains(&lives("address").await));
    counter.charge(Limit::Address, ADA, NonZeroU32::new(1000).unwrap()).await.unwrap();
    assert!((60_000..=120_000).contains(&lives("address").await));
}

#[tokio::test]
async fn a_server_that_forgot_its_scripts_is_told_them_again() {
    let own = Own::start(Kind::Redis).await;
    let counter = RedisCounter::new(opened(own.address(), "own", PATIENT).await, &config());
    let take = async || counter.take(Limit::Credentials, ADA).await.unwrap();
    assert_eq!(take().await, Verdict::Passes);
    let flushed = std::process::Command::new("redis-cli").args(["-u", own.address(), "SCRIPT", "FLUSH"]).output();
    assert!(flushed.unwrap().status.success());
    assert_eq!(take().await, Verdict::Passes);
    own.stop().await;
    own.start_again().await;
    let mut verdicts = Vec::new();
    for _ in 0..4 {
        verdicts.push(take().await == Verdict::Passes);
    }
    assert_eq!(verdicts, [true, true, true, false], "what was counted before the restart still is");
}

#[tokio::test]
async fn a_clock_that_was_set_back_refuses_nobody_for_long() {
    let prefix = RedisPrefix::new("limit");
    let (counter, _) = on_redis(prefix.as_str()).await;
    counter.take(Limit::Credentials, ADA).await.unwrap();
    // The time at which the bucket is full lies years ahead then.
    let ahead = "redis.call('INCRBY', KEYS[1], ARGV[1]) return {}";
    let redis = opened(&servers::redis(), prefix.as_str(), PATIENT).await;
    redis.run(&Script::new(ahead), &redis.key("credentials", ADA), &[1 << 50]).await.unwrap();
    let Verdict::Waits(wait) = counter.take(Limit::Credentials, ADA).await.unwrap() else { panic!("it passes") };
    assert!(wait <= Duration::from_secs(72), "{wait:?}");
}
