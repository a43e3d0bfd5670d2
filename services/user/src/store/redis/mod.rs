//! The throttle on codes in Redis, by the server's clock. One script an answer, so that of many at once as many codes go as may.

use std::time::Duration;

use async_trait::async_trait;
use cache::{Key, Redis, Script};
use kit::{Failure, Timestamp};

use crate::domain::CodeRules;
use crate::domain::code::HOUR;
use crate::ports::Throttle;

pub struct RedisThrottle {
    redis: Redis,
    sends: Script,
    take_back: Script,
}

impl RedisThrottle {
    /// How long a code may wait to be counted; one that cannot be counted does not go.
    pub const DEADLINE: Duration = Duration::from_millis(250);

    pub fn new(redis: Redis) -> Self {
        let take_back = Script::new("redis.call('LREM', KEYS[1], 1, ARGV[1]) return {}");
        Self { redis, sends: Script::new(include_str!("sends.lua")), take_back }
    }

    /// The recipient is a keyed hash already, so the key tells nobody's address.
    fn key(&self, recipient: &[u8; 32]) -> Key {
        use std::fmt::Write as _;
        let hex = recipient.iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        self.redis.key("codes", hex)
    }

    /// The wait, and when it was counted.
    async fn send(
        &self,
        recipient: &[u8; 32],
        rules: [i64; 2],
        in_any_case: bool,
    ) -> Result<(Duration, Timestamp), Failure> {
        let [pause, most] = rules;
        let arguments = [pause, micros(HOUR), most, i64::from(in_any_case)];
        match self.redis.run(&self.sends, &self.key(recipient), &arguments).await?[..] {
            [wait, at] => Ok((Duration::from_micros(u64::try_from(wait).unwrap_or(0)), Timestamp::from_micros(at))),
            ref answer => Err(Failure::internal(format!("a throttle answered {answer:?}"))),
        }
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

#[async_trait]
impl Throttle for RedisThrottle {
    async fn admit(&self, recipient: &[u8; 32], rules: CodeRules, _: Timestamp) -> Result<Timestamp, Failure> {
        match self.send(recipient, [micros(rules.pause), rules.per_hour.into()], false).await? {
            (Duration::ZERO, counted) => Ok(counted),
            (wait, _) => Err(CodeRules::too_soon(wait)),
        }
    }

    async fn count(&self, recipient: &[u8; 32], _: Timestamp) -> Result<Timestamp, Failure> {
        self.send(recipient, [0, 1], true).await.map(|(_, counted)| counted)
    }

    async fn take_back(&self, recipient: &[u8; 32], counted: Timestamp) -> Result<(), Failure> {
        self.redis.run(&self.take_back, &self.key(recipient), &[counted.as_micros()]).await.map(drop)
    }
}
