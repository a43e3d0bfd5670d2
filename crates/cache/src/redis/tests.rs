//! The handle on a real Redis: what its callers get while the server is away, slow, restarted or a cluster.

use std::time::{Duration, Instant};

use kit::{ErrorCode, Failure};
use secrecy::SecretString;
use testkit::servers::{self, Kind, Own, RedisPrefix};
use testkit::until;

use super::{ENOUGH, Redis, Script};
use crate::{Cache as _, RedisCache};

/// For tests that are not about being late: this machine may be busy.
pub const PATIENT: Duration = Duration::from_secs(20);
const LONG: Duration = Duration::from_secs(60);

/// A handle on the shared server. Those with the same prefix share their keys.
pub async fn shared(prefix: &str) -> Redis {
    opened(&servers::redis(), prefix, PATIENT).await
}

async fn opened(url: &str, prefix: &str, deadline: Duration) -> Redis {
    let redis = Redis::open("test", &url.into(), prefix, deadline).unwrap();
    redis.connected().await;
    redis
}

/// Counts the calls of one key.
fn counting() -> Script {
    Script::new("return {redis.call('INCR', KEYS[1]), tonumber(ARGV[1])}")
}

async fn count(redis: &Redis) -> Result<Vec<i64>, Failure> {
    redis.run(&counting(), &redis.key("count", "a"), &[7]).await
}

fn is_up(redis: &Redis) -> bool {
    *redis.up().borrow()
}

#[tokio::test]
async fn a_script_runs_as_one_step_and_again_where_the_server_forgot_it() {
    let prefix = RedisPrefix::new("scripts");
    let redis = shared(prefix.as_str()).await;
    assert_eq!(count(&redis).await.unwrap(), [1, 7]);
    redis.ask::<()>("flush", redis::cmd("SCRIPT").arg("FLUSH")).await.unwrap();
    let all = futures::future::join_all((0..100).map(|_| count(&redis))).await;
    let mut counted: Vec<i64> = all.into_iter().map(|counted| counted.unwrap()[0]).collect();
    counted.sort_unstable();
    assert_eq!(counted, (2..=101).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_server_that_is_away_at_first_is_waited_for_and_its_callers_are_not_held_up() {
    let own = Own::start(Kind::Redis).await;
    own.stop().await;
    let redis = Redis::open("test", &own.address().into(), "own", PATIENT).unwrap();
    let began = Instant::now();
    for _ in 0..1000 {
        assert_eq!(count(&redis).await.unwrap_err().code, ErrorCode::StoreUnavailable);
    }
    assert!(began.elapsed() < Duration::from_secs(5), "a thousand callers waited {:?}", began.elapsed());
    own.start_again().await;
    redis.connected().await;
    assert_eq!(count(&redis).await.unwrap(), [1, 7]);
}

#[tokio::test]
async fn a_server_that_was_restarted_meanwhile_is_not_noticed() {
    let own = Own::start(Kind::Redis).await;
    let redis = opened(own.address(), "own", PATIENT).await;
    assert_eq!(count(&redis).await.unwrap(), [1, 7]);
    own.stop().await;
    own.start_again().await;
    assert_eq!(count(&redis).await.unwrap(), [2, 7], "the count was kept, and the connection made anew");
}

#[tokio::test]
async fn a_server_that_is_killed_is_given_up_and_comes_back_by_itself() {
    let own = Own::start(Kind::Redis).await;
    let redis = opened(own.address(), "own", PATIENT).await;
    count(&redis).await.unwrap();
    own.kill();
    for _ in 0..ENOUGH {
        let failure = count(&redis).await.unwrap_err();
        assert_eq!((failure.code, failure.again()), (ErrorCode::StoreUnavailable, kit::Again::AfterSeconds(2)));
    }
    assert!(!is_up(&redis));
    own.start_again().await;
    redis.connected().await;
    assert!(count(&redis).await.is_ok());
}

#[tokio::test]
async fn a_server_that_stalls_costs_its_first_callers_the_deadline_and_the_rest_nothing() {
    let own = Own::start(Kind::Redis).await;
    let deadline = Duration::from_millis(200);
    let redis = opened(own.address(), "own", deadline).await;
    let cache = RedisCache::new(redis.clone());
    cache.set("a", "1".into(), LONG).await;
    own.pause();
    let began = Instant::now();
    for _ in 0..1000 {
        assert_eq!(cache.get("a").await, None);
    }
    let waited = began.elapsed();
    assert!(waited >= deadline * ENOUGH && waited < deadline * ENOUGH + Duration::from_secs(5), "{waited:?}");
    assert!(!is_up(&redis));
    own.resume();
    redis.connected().await;
    until(|| cache.get("a"), Option::is_some).await;
}

#[tokio::test]
async fn what_failed_may_have_happened() {
    let own = Own::start(Kind::Redis).await;
    let redis = opened(own.address(), "own", Duration::from_millis(200)).await;
    own.pause();
    assert_eq!(count(&redis).await.unwrap_err().left, kit::Left::Unknown);
    own.resume();
}

#[tokio::test]
async fn keys_of_one_entity_share_a_slot_of_a_real_cluster() {
    let own = Own::start(Kind::RedisCluster).await;
    let redis = opened(own.address(), "own", PATIENT).await;
    assert_eq!(count(&redis).await.unwrap(), [1, 7]);
    let slot = async |key: &str| redis.ask::<i64>("slot", redis::cmd("CLUSTER").arg("KEYSLOT").arg(key)).await.unwrap();
    let keys = ["codes", "limit"].map(|kind| redis.key(kind, "2001:db8::/64"));
    assert_eq!(slot(keys[0].as_str()).await, slot("2001:db8::/64").await);
    assert_eq!(slot(keys[0].as_str()).await, slot(keys[1].as_str()).await);
    let tricky = redis.key("limit", "}a{b");
    assert_eq!(slot(tricky.as_str()).await, slot(")a(b").await);
}

/// Moves the upper half of the slots from one to the other, which held all of its own.
async fn join(one: &Own, other: &Own) {
    let (first, second) = (opened(one.address(), "own", PATIENT).await, opened(other.address(), "own", PATIENT).await);
    let cluster = async |redis: &Redis, words: &[&str]| {
        redis.ask::<redis::Value>("cluster", redis::cmd("CLUSTER").arg(words)).await.unwrap();
    };
    cluster(&second, &["RESET", "HARD"]).await;
    cluster(&first, &["DELSLOTSRANGE", "8192", "16383"]).await;
    cluster(&second, &["ADDSLOTSRANGE", "8192", "16383"]).await;
    let port: std::collections::HashMap<String, String> =
        second.ask("port", redis::cmd("CONFIG").arg("GET").arg("cluster-port")).await.unwrap();
    let (host, client_port) = other.authority().split_once(':').unwrap();
    cluster(&first, &["MEET", host, client_port, &port["cluster-port"]]).await;
    for redis in [&first, &second] {
        let info = || async { redis.ask::<String>("info", redis::cmd("CLUSTER").arg("INFO")).await.unwrap() };
        until(info, |info| info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:2")).await;
    }
}

#[tokio::test]
async fn a_cluster_of_two_nodes_is_one_store() {
    let (one, other) = tokio::join!(Own::start(Kind::RedisCluster), Own::start(Kind::RedisCluster));
    join(&one, &other).await;
    let url = format!("redis+cluster://{},{}", one.authority(), other.authority());
    let redis = opened(&url, "own", PATIENT).await;
    let cache = RedisCache::new(redis.clone());
    for number in 0..100 {
        let key = redis.key("count", number);
        assert_eq!(redis.run(&counting(), &key, &[number]).await.unwrap(), [1, number]);
        cache.set(&number.to_string(), number.to_string().into(), LONG).await;
    }
    for number in 0..100 {
        assert_eq!(cache.get(&number.to_string()).await, Some(number.to_string().into()));
    }
    let mut held = Vec::new();
    for node in [&one, &other] {
        let node = opened(node.address(), "own", PATIENT).await;
        held.push(node.ask::<i64>("size", &redis::cmd("DBSIZE")).await.unwrap());
    }
    assert!(held.iter().sum::<i64>() == 200 && held.iter().all(|keys| *keys > 30), "{held:?}");
}

#[tokio::test]
async fn a_prefix_that_would_move_the_hash_tag_is_refused() {
    let url: SecretString = "redis://127.0.0.1:1".into();
    for prefix in ["", "a{b", "a b", "ä"] {
        let refused = Redis::open("test", &url, prefix, PATIENT).err().expect(prefix);
        assert_eq!(refused.field.as_deref(), Some("redis.prefix"));
    }
}

/// A listener's thread has a runtime of its own, which ends before the process does.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_cut_is_made_anew_from_any_thread() {
    let own = Own::start(Kind::Redis).await;
    let redis = opened(own.address(), "own", PATIENT).await;
    let killer = opened(own.address(), "own", PATIENT).await;
    let on_a_thread = |redis: Redis| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(count(&redis)).unwrap()
    };
    for round in 0..10 {
        let mut kill = redis::cmd("CLIENT");
        kill.arg("KILL").arg("TYPE").arg("normal").arg("SKIPME").arg("yes");
        killer.ask::<i64>("kill", &kill).await.unwrap();
        let same = redis.clone();
        let counted =
            tokio::task::spawn_blocking(move || std::thread::spawn(move || on_a_thread(same)).join().unwrap());
        assert_eq!(counted.await.unwrap(), [2 * round + 1, 7]);
        assert_eq!(count(&redis).await.unwrap(), [2 * round + 2, 7]);
    }
}
