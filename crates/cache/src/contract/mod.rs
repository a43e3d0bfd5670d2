//! What any cache must do, tried on each of ours; and wrong caches that prove that each case can fail.

mod wrong;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use testkit::contract::passes;
use testkit::servers::RedisPrefix;
use testkit::{contract, until_within};

use crate::redis::tests::shared;
use crate::{Cache, MokaCache, RedisCache};

/// One cache, which nobody else uses.
#[derive(Clone)]
struct World {
    cache: Arc<dyn Cache>,
}

/// Longer than any test runs.
const LONG: Duration = Duration::from_secs(3600);
/// Short enough to be waited for.
const SHORT: Duration = Duration::from_millis(50);
const SECOND: Duration = Duration::from_secs(1);

impl World {
    fn on(cache: impl Cache + 'static) -> Self {
        Self { cache: Arc::new(cache) }
    }

    async fn set(&self, key: &str, value: &'static [u8], life: Duration) {
        self.cache.set(key, Bytes::from_static(value), life).await;
    }

    async fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.cache.get(key).await.map(|value| value.to_vec())
    }

    async fn gone(&self, key: &str) {
        until_within(5 * SECOND, "the end of a life", || self.get(key), Option::is_none).await;
    }
}

contract! {
    fn cache(world: World) {
        async fn what_was_set_is_got() {
            world.set("a", b"1", LONG).await;
            world.set("b", b"2", LONG).await;
            assert_eq!((world.get("a").await, world.get("b").await), (Some(b"1".into()), Some(b"2".into())));
        }

        async fn what_was_never_set_is_not_there() {
            assert_eq!(world.get("a").await, None);
            world.set("a", b"1", LONG).await;
            assert_eq!(world.get("b").await, None);
        }

        async fn a_later_value_takes_the_place_of_an_earlier_one() {
            world.set("a", b"1", LONG).await;
            world.set("a", b"2", LONG).await;
            assert_eq!(world.get("a").await, Some(b"2".into()));
        }

        async fn a_value_goes_when_its_life_is_over() {
            world.set("a", b"1", SHORT).await;
            world.set("b", b"2", LONG).await;
            world.gone("a").await;
            assert_eq!(world.get("b").await, Some(b"2".into()));
        }

        async fn the_life_that_counts_is_the_last_one() {
            world.set("shorter", b"1", LONG).await;
            world.set("shorter", b"2", SHORT).await;
            world.set("longer", b"1", SHORT).await;
            world.set("longer", b"2", LONG).await;
            world.set("after both", b"1", 2 * SHORT).await;
            world.gone("shorter").await;
            world.gone("after both").await;
            assert_eq!(world.get("longer").await, Some(b"2".into()));
        }

        async fn a_value_without_a_life_is_not_kept_nor_the_one_before() {
            world.set("a", b"1", LONG).await;
            world.set("a", b"2", Duration::ZERO).await;
            assert_eq!(world.get("a").await, None);
        }

        async fn a_value_can_live_for_as_long_as_there_is_time() {
            world.set("a", b"1", Duration::MAX).await;
            assert_eq!(world.get("a").await, Some(b"1".into()));
        }

        async fn what_was_removed_is_gone_and_nothing_else() {
            world.set("a", b"1", LONG).await;
            world.set("b", b"2", LONG).await;
            world.cache.remove("a").await;
            world.cache.remove("never set").await;
            assert_eq!((world.get("a").await, world.get("b").await), (None, Some(b"2".into())));
            world.set("a", b"3", LONG).await;
            assert_eq!(world.get("a").await, Some(b"3".into()));
        }

        async fn a_value_is_bytes_of_any_kind_and_number() {
            let every_byte: Vec<u8> = (0..=255).collect();
            for value in [every_byte, Vec::new(), vec![0; 1 << 18]] {
                world.cache.set("a", value.clone().into(), LONG).await;
                assert!(world.get("a").await == Some(value));
            }
        }

        async fn keys_that_look_alike_are_apart() {
            let keys = ["a", "A", "a ", "a:b", "a/b", "{a}", "*", "ä", "a\nb", "a\0b"];
            for key in keys {
                world.cache.set(key, Bytes::copy_from_slice(key.as_bytes()), LONG).await;
            }
            for key in keys {
                assert_eq!(world.get(key).await.as_deref(), Some(key.as_bytes()));
            }
        }

        async fn of_many_who_set_one_key_at_once_one_is_kept_whole() {
            let value = |number: u8| vec![number; 1000];
            join_all((0..50).map(|number| world.cache.set("a", value(number).into(), LONG))).await;
            let kept = world.get("a").await.expect("one of them is there");
            assert_eq!(kept, value(kept[0]));
        }
    }
}

#[tokio::test]
async fn the_cache_in_memory() {
    passes(cache(), || async { World::on(MokaCache::new(1000)) }).await;
}

#[tokio::test]
async fn the_cache_on_redis() {
    let (prefix, worlds) = (RedisPrefix::new("cache"), AtomicU32::new(0));
    let fresh = || {
        let prefix = format!("{}:{}", prefix.as_str(), worlds.fetch_add(1, Ordering::Relaxed));
        async move { World::on(RedisCache::new(shared(&prefix).await)) }
    };
    passes(cache(), fresh).await;
}

#[tokio::test]
async fn replicas_share_what_is_on_redis_and_installations_do_not() {
    let (ours, theirs) = (RedisPrefix::new("cache"), RedisPrefix::new("cache"));
    let on = async |prefix: &RedisPrefix| World::on(RedisCache::new(shared(prefix.as_str()).await));
    let (one, other, stranger) = (on(&ours).await, on(&ours).await, on(&theirs).await);
    one.set("a", b"1", LONG).await;
    assert_eq!((other.get("a").await, stranger.get("a").await), (Some(b"1".into()), None));
    other.cache.remove("a").await;
    assert_eq!(one.get("a").await, None);
}
