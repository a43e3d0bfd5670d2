//! Counts in this process: all there is where one process runs alone, and what is left where the shared ones are away.

use async_trait::async_trait;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use kit::Failure;

use super::LimitsConfig;
use super::counter::{Counter, Limit, Verdict, Who};

type Bucket<C> = RateLimiter<Who, DefaultKeyedStateStore<Who>, C, NoOpMiddleware<<C as Clock>::Instant>>;

pub struct LocalCounter<C: Clock = DefaultClock> {
    address: Bucket<C>,
    caller: Bucket<C>,
    credentials: Bucket<C>,
    clock: C,
}

impl<C: Clock + Clone> LocalCounter<C> {
    pub fn new(config: &LimitsConfig, clock: C) -> Self {
        let bucket = |limit: Limit| {
            let quota = Quota::per_minute(limit.per_minute(config));
            RateLimiter::new(quota, DefaultKeyedStateStore::default(), clock.clone())
        };
        Self {
            address: bucket(Limit::Address),
            caller: bucket(Limit::Caller),
            credentials: bucket(Limit::Credentials),
            clock,
        }
    }

    /// As `take`, which has nothing to wait for here.
    pub fn check(&self, limit: Limit, who: Who) -> Verdict {
        match self.bucket(limit).check_key(&who) {
            Ok(()) => Verdict::Passes,
            Err(refused) => Verdict::Waits(refused.wait_time_from(self.clock.now())),
        }
    }

    /// Forgets who was quiet long enough to be allowed everything again.
    pub fn forget_idle(&self) {
        for limit in [Limit::Address, Limit::Caller, Limit::Credentials] {
            self.bucket(limit).retain_recent();
        }
    }

    const fn bucket(&self, limit: Limit) -> &Bucket<C> {
        match limit {
            Limit::Address => &self.address,
            Limit::Caller => &self.caller,
            Limit::Credentials => &self.credentials,
        }
    }
}

#[async_trait]
impl<C: Clock + Clone + Send + Sync> Counter for LocalCounter<C>
where
    C::Instant: Send + Sync,
{
    async fn take(&self, limit: Limit, who: Who) -> Result<Verdict, Failure> {
        Ok(self.check(limit, who))
    }
}
