//! Where containers' output comes from: the engine, which keeps it only until it rotates or removes it.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use futures::stream::BoxStream;
use kit::{AllocationId, Failure, Timestamp};

/// When the engine took a line in, in nanoseconds: several lines come within a microsecond (609 of 300,000 from `yes`),
/// none within the same nanosecond, but for the pieces of a long one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(i64);

impl Stamp {
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// As it is shown.
    pub const fn time(self) -> Timestamp {
        Timestamp::from_micros(self.0.div_euclid(1000))
    }
}

impl From<Timestamp> for Stamp {
    fn from(time: Timestamp) -> Self {
        Self(time.as_micros().saturating_mul(1000))
    }
}

impl FromStr for Stamp {
    type Err = kit::time::NotATimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let whole = Self::from(text.parse::<Timestamp>()?);
        let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
        let digit = |at: usize| fraction.bytes().take_while(u8::is_ascii_digit).nth(at).map_or(0, |byte| byte - b'0');
        Ok(Self(whole.0 + i64::from(digit(6)) * 100 + i64::from(digit(7)) * 10 + i64::from(digit(8))))
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.time().fmt(f)
    }
}

/// Which of a program's two outputs a line was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogStream {
    Stdout,
    Stderr,
}

/// A machine's container that was started at least once; sandboxes have nothing to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedContainer {
    pub allocation: AllocationId,
    pub container_id: String,
    /// When its present or last run began: a container that is started again has another one.
    pub started_at: Timestamp,
    /// False for one that ended: what it said last is still to be had until it is removed.
    pub running: bool,
}

/// One message of the engine's, without its line break. Of a line above 16 KiB the engine makes several, each but the
/// last of exactly 16 KiB, all of one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawLine {
    pub time: Stamp,
    pub stream: LogStream,
    pub line: Vec<u8>,
}

/// Reads what containers of this installation and site write.
#[async_trait]
pub trait LogSource: Send + Sync {
    /// Every container of ours that was ever started, dead ones too: a program that fails at once says why only there.
    async fn containers(&self) -> Result<Vec<LoggedContainer>, Failure>;

    /// The lines at or after `since`, oldest first; earlier ones may come along, later ones are never left out.
    /// With `follow` it goes on until the container ends, else until the last line that is there.
    /// A call or an item that fails ends the reading; who asks again names the last time that it saw.
    async fn read(
        &self,
        container_id: &str,
        since: Timestamp,
        follow: bool,
    ) -> Result<BoxStream<'static, Result<RawLine, Failure>>, Failure>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_keeps_its_nanoseconds() {
        let nanos = |text: &str| text.parse::<Stamp>().unwrap().as_nanos();
        assert_eq!(nanos("1970-01-01T00:00:01.000000001Z"), 1_000_000_001);
        assert_eq!(nanos("1970-01-01T00:00:01.1234567Z"), 1_123_456_700);
        assert_eq!(nanos("1970-01-01T00:00:01Z"), 1_000_000_000);
        assert!("yesterday".parse::<Stamp>().is_err());
        assert_eq!(Stamp::from_nanos(1_999).time(), Timestamp::from_micros(1));
    }
}
