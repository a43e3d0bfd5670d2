//! Counts on Redis, which all replicas share. One script a count, so that none is lost between many who count at once; the
//! server's clock, so that replicas whose clocks differ agree; one key an entity, which goes when its bucket is full.

use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;
use cache::{Redis, Script};
use kit::Failure;

use super::LimitsConfig;
use super::counter::{Counter, Limit, SharedCounter, Verdict, Who};

pub struct RedisCounter {
    redis: Redis,
    script: Script,
    config: LimitsConfig,
}

impl RedisCounter {
    /// How long an attempt may wait to be counted. More than a cache's: who cannot be counted is refused.
    pub const DEADLINE: Duration = Duration::from_millis(250);

    pub fn new(redis: Redis, config: &LimitsConfig) -> Self {
        Self { redis, script: Script::new(include_str!("bucket.lua")), config: config.clone() }
    }

    async fn run(&self, limit: Limit, who: Who, count: NonZeroU32, in_any_case: bool) -> Result<Verdict, Failure> {
        let holds = limit.per_minute(&self.config).get();
        let each = 60_000_000 / i64::from(holds);
        let arguments = [each, i64::from(holds), i64::from(count.get()), i64::from(in_any_case)];
        let answer = self.redis.run(&self.script, &self.redis.key(limit.as_str(), who), &arguments).await?;
        match answer[..] {
            [0] => Ok(Verdict::Passes),
            [wait] => Ok(Verdict::Waits(Duration::from_micros(u64::try_from(wait).unwrap_or(0)))),
            _ => Err(Failure::internal(format!("a count answered {answer:?}"))),
        }
    }
}

#[async_trait]
impl Counter for RedisCounter {
    async fn take(&self, limit: Limit, who: Who) -> Result<Verdict, Failure> {
        self.run(limit, who, NonZeroU32::MIN, false).await
    }
}

#[async_trait]
impl SharedCounter for RedisCounter {
    async fn charge(&self, limit: Limit, who: Who, count: NonZeroU32) -> Result<Verdict, Failure> {
        self.run(limit, who, count, true).await
    }
}
