//! What this replica knows of the shared counts without asking: whom it let through and has not told yet, and who has nothing
//! left anywhere. Asking for each request would cost each a round trip.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::LimitsConfig;
use super::counter::{Limit, Who};

/// A replica tells of somebody once it let through this part of a limit: who asks now and then is nobody's business.
const PART: u32 = 20;
/// What was not worth telling for so long never was: the limit is refilled by then.
const MINUTE: Duration = Duration::from_secs(60);

type Whose = (Limit, Who);

pub struct Tally {
    config: LimitsConfig,
    untold: Mutex<HashMap<Whose, Untold>>,
    refused: Mutex<HashMap<Whose, Instant>>,
}

struct Untold {
    count: u32,
    since: Instant,
}

impl Tally {
    pub fn new(config: &LimitsConfig) -> Self {
        Self { config: config.clone(), untold: Mutex::default(), refused: Mutex::default() }
    }

    /// How long somebody has to wait yet.
    pub fn wait(&self, whose: Whose, now: Instant) -> Option<Duration> {
        let until = lock(&self.refused).get(&whose).copied()?;
        until.checked_duration_since(now).filter(|wait| !wait.is_zero())
    }

    /// Remembers that somebody has nothing left.
    pub fn refuse(&self, whose: Whose, until: Instant) {
        lock(&self.refused).insert(whose, until);
    }

    /// Counts one that was let through.
    pub fn count(&self, whose: Whose, now: Instant) {
        let mut untold = lock(&self.untold);
        let entry = untold.entry(whose).or_insert(Untold { count: 0, since: now });
        entry.count = entry.count.saturating_add(1);
    }

    /// What is to be told now, and counts as told from then on.
    pub fn due(&self, now: Instant) -> Vec<(Whose, NonZeroU32)> {
        let mut due = Vec::new();
        lock(&self.untold).retain(|whose, untold| {
            let enough = untold.count >= whose.0.per_minute(&self.config).get().div_ceil(PART);
            if enough {
                due.extend(NonZeroU32::new(untold.count).map(|count| (*whose, count)));
            }
            !enough && now.duration_since(untold.since) < MINUTE
        });
        due
    }

    /// Forgets who does not have to wait any more.
    pub fn forget_idle(&self, now: Instant) {
        lock(&self.refused).retain(|_, until| *until > now);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: Whose = (Limit::Address, Who::Network(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)));

    fn tally() -> Tally {
        Tally::new(&LimitsConfig { address_per_minute: NonZeroU32::new(100).unwrap(), ..LimitsConfig::default() })
    }

    #[test]
    fn a_twentieth_of_the_limit_is_told_and_less_is_not() {
        let (tally, now) = (tally(), Instant::now());
        for _ in 0..4 {
            tally.count(ADA, now);
        }
        assert_eq!(tally.due(now), []);
        tally.count(ADA, now);
        assert_eq!(tally.due(now), [(ADA, NonZeroU32::new(5).unwrap())]);
        assert_eq!(tally.due(now), [], "it was told");
    }

    #[test]
    fn what_was_little_for_a_minute_is_forgotten() {
        let (tally, now) = (tally(), Instant::now());
        for _ in 0..4 {
            tally.count(ADA, now);
        }
        assert_eq!(tally.due(now + MINUTE), []);
        tally.count(ADA, now + MINUTE);
        assert_eq!(tally.due(now + MINUTE), []);
    }

    #[test]
    fn who_has_nothing_left_waits_until_then_and_no_longer() {
        let (tally, now) = (tally(), Instant::now());
        assert_eq!(tally.wait(ADA, now), None);
        tally.refuse(ADA, now + MINUTE);
        assert_eq!(tally.wait(ADA, now), Some(MINUTE));
        tally.forget_idle(now);
        assert_eq!(tally.wait(ADA, now + MINUTE / 2), Some(MINUTE / 2));
        assert_eq!(tally.wait(ADA, now + MINUTE), None);
        tally.forget_idle(now + MINUTE);
        assert!(lock(&tally.refused).is_empty());
    }
}
