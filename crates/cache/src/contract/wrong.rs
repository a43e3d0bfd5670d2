//! Caches with one rule broken each.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use testkit::contract::fails;

use super::{LONG, World, cache};
use crate::{Cache, MokaCache};

#[derive(Clone, Copy, PartialEq)]
enum Wrong {
    /// Keeps nothing.
    Forgets,
    /// Keeps the first value.
    KeepsTheFirst,
    /// Keeps values for ever, those without a life as well.
    KeepsForEver,
    /// Keeps the life that a key had first.
    KeepsTheFirstLife,
    /// Takes no life for any life.
    TakesNoLifeForLong,
    /// Leaves what is removed.
    RemovesNothing,
    /// Removes all there is.
    RemovesAll,
    /// Takes values for texts.
    KeepsTexts,
    /// Does not tell upper from lower case.
    FoldsKeys,
    /// Has something for everybody.
    Invents,
    /// Adds lives up until they are too long.
    Overflows,
    /// Writes values piece by piece.
    Tears,
}

struct WrongCache {
    wrong: Wrong,
    inner: MokaCache,
    /// Lives in milliseconds, by key.
    lives: MokaCache,
}

impl WrongCache {
    fn is(&self, wrong: Wrong) -> bool {
        self.wrong == wrong
    }

    fn key(&self, key: &str) -> String {
        if self.is(Wrong::FoldsKeys) { key.to_lowercase() } else { key.to_owned() }
    }

    /// Writes one half, and the other when somebody else had a turn; every second writer is slower.
    async fn tear(&self, key: &str, value: &[u8], life: Duration) {
        let old = self.inner.get(key).await.unwrap_or_default();
        let first = [&value[..500], old.get(500..).unwrap_or(&value[500..])].concat();
        self.inner.set(key, first.into(), life).await;
        for _ in 0..2 - value[0] % 2 {
            tokio::task::yield_now().await;
        }
        let old = self.inner.get(key).await.unwrap_or_default();
        let second = [old.get(..500).unwrap_or(&value[..500]), &value[500..]].concat();
        self.inner.set(key, second.into(), life).await;
    }

    async fn life(&self, key: &str, life: Duration) -> Duration {
        match self.wrong {
            Wrong::KeepsForEver => LONG,
            Wrong::TakesNoLifeForLong if life.is_zero() => LONG,
            Wrong::Overflows if life > LONG => Duration::ZERO,
            Wrong::KeepsTheFirstLife => {
                if let Some(first) = self.lives.get(key).await {
                    return Duration::from_millis(u64::from_le_bytes(first[..].try_into().unwrap()));
                }
                let millis = u64::try_from(life.as_millis()).unwrap_or(u64::MAX);
                self.lives.set(key, Bytes::copy_from_slice(&millis.to_le_bytes()), LONG).await;
                life
            }
            _ => life,
        }
    }
}

#[async_trait]
impl Cache for WrongCache {
    async fn get(&self, key: &str) -> Option<Bytes> {
        let found = self.inner.get(&self.key(key)).await;
        if self.is(Wrong::Invents) { found.or(Some(Bytes::new())) } else { found }
    }

    async fn set(&self, key: &str, value: Bytes, life: Duration) {
        let key = self.key(key);
        if self.is(Wrong::Forgets) || self.is(Wrong::KeepsTheFirst) && self.inner.get(&key).await.is_some() {
            return;
        }
        let life = self.life(&key, life).await;
        let text = || String::from_utf8_lossy(&value).into_owned();
        let value = if self.is(Wrong::KeepsTexts) { text().into() } else { value };
        if self.is(Wrong::Tears) && value.len() == 1000 {
            return self.tear(&key, &value, life).await;
        }
        self.inner.set(&key, value, life).await;
    }

    async fn remove(&self, key: &str) {
        if self.is(Wrong::RemovesAll) {
            for key in ["a", "b"] {
                self.inner.remove(key).await;
            }
        } else if !self.is(Wrong::RemovesNothing) {
            self.inner.remove(&self.key(key)).await;
        }
    }
}

async fn breaks(wrong: Wrong, expected: &[&str]) {
    let world = || async { World::on(WrongCache { wrong, inner: MokaCache::new(1000), lives: MokaCache::new(1000) }) };
    fails(cache(), world, expected).await;
}

#[tokio::test]
async fn caches_that_keep_too_little_fail() {
    let what_it_keeps = [
        "what_was_set_is_got",
        "a_later_value_takes_the_place_of_an_earlier_one",
        "a_value_goes_when_its_life_is_over",
        "the_life_that_counts_is_the_last_one",
        "a_value_can_live_for_as_long_as_there_is_time",
        "what_was_removed_is_gone_and_nothing_else",
        "a_value_is_bytes_of_any_kind_and_number",
        "keys_that_look_alike_are_apart",
        "of_many_who_set_one_key_at_once_one_is_kept_whole",
    ];
    breaks(Wrong::Forgets, &what_it_keeps).await;
    breaks(Wrong::RemovesAll, &["what_was_removed_is_gone_and_nothing_else"]).await;
    breaks(Wrong::Overflows, &["a_value_can_live_for_as_long_as_there_is_time"]).await;
}

#[tokio::test]
async fn caches_that_keep_too_much_fail() {
    let lives = [
        "a_value_goes_when_its_life_is_over",
        "the_life_that_counts_is_the_last_one",
        "a_value_without_a_life_is_not_kept_nor_the_one_before",
    ];
    let other = ["what_was_never_set_is_not_there", "what_was_removed_is_gone_and_nothing_else"];
    let ever = breaks(Wrong::KeepsForEver, &lives);
    let first = breaks(Wrong::KeepsTheFirstLife, &lives[1..]);
    let all = [&lives[..], &other].concat();
    let invented = breaks(Wrong::Invents, &all);
    tokio::join!(ever, first, invented);
    breaks(Wrong::TakesNoLifeForLong, &lives[2..]).await;
    breaks(Wrong::RemovesNothing, &other[1..]).await;
}

#[tokio::test]
async fn caches_that_keep_something_else_fail() {
    let replaced = [
        "a_later_value_takes_the_place_of_an_earlier_one",
        "the_life_that_counts_is_the_last_one",
        "a_value_without_a_life_is_not_kept_nor_the_one_before",
        "a_value_is_bytes_of_any_kind_and_number",
    ];
    breaks(Wrong::KeepsTheFirst, &replaced).await;
    breaks(Wrong::KeepsTexts, &["a_value_is_bytes_of_any_kind_and_number"]).await;
    breaks(Wrong::FoldsKeys, &["keys_that_look_alike_are_apart"]).await;
    breaks(Wrong::Tears, &["of_many_who_set_one_key_at_once_one_is_kept_whole"]).await;
}
