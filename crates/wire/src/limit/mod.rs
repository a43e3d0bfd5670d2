//! How often one address and one caller may ask. One process counts for itself. Replicas that share a Redis share the counts:
//! exactly for passwords and codes, which are asked for one by one; near enough for requests, which are let through first and
//! told of later, so that no request waits for it.

#[cfg(test)]
mod contract;
mod counter;
mod from;
mod local;
mod share;
mod shared;
mod tally;

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use governor::clock::DefaultClock;
use kit::net::network_of;
use kit::{ErrorCode, Failure, UserId};
use serde::{Deserialize, Serialize};

use local::LocalCounter;
use tally::Tally;

pub use counter::{Counter, Limit, SharedCounter, Verdict, Who};
pub use from::{CredentialsFrom, RenewalFrom};
pub use share::ShareCounts;
pub use shared::RedisCounter;

/// Requests per minute, with as many at once; `[limits]` of the configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Of any kind from one address.
    pub address_per_minute: NonZeroU32,
    /// Of any kind by one user.
    pub caller_per_minute: NonZeroU32,
    /// Sign-ups, logins, codes and refreshes from one address.
    pub credentials_per_minute: NonZeroU32,
    /// Proxies whose `X-Forwarded-For` is believed, as plain addresses.
    pub trusted_proxies: Vec<IpAddr>,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        const fn per_minute(number: u32) -> NonZeroU32 {
            match NonZeroU32::new(number) {
                Some(number) => number,
                None => NonZeroU32::MIN,
            }
        }
        Self {
            address_per_minute: per_minute(6_000),
            caller_per_minute: per_minute(3_000),
            credentials_per_minute: per_minute(60),
            trusted_proxies: Vec::new(),
        }
    }
}

/// What a process counts, and what it knows of the others' counts.
pub struct Limits {
    local: LocalCounter,
    shared: Option<Shared>,
    trusted: Vec<IpAddr>,
}

struct Shared {
    counter: Arc<dyn SharedCounter>,
    tally: Tally,
}

impl Limits {
    /// For a process that counts for itself.
    pub fn new(config: &LimitsConfig) -> Arc<Self> {
        Arc::new(Self::with(config, None))
    }

    /// For one of several replicas. Somebody must run [`ShareCounts`].
    pub fn sharing(config: &LimitsConfig, counter: Arc<dyn SharedCounter>) -> Arc<Self> {
        Arc::new(Self::with(config, Some(Shared { counter, tally: Tally::new(config) })))
    }

    fn with(config: &LimitsConfig, shared: Option<Shared>) -> Self {
        Self {
            local: LocalCounter::new(config, DefaultClock::default()),
            shared,
            trusted: config.trusted_proxies.iter().map(IpAddr::to_canonical).collect(),
        }
    }

    /// Counts one request of an address.
    pub fn address(&self, address: IpAddr) -> Result<(), Failure> {
        self.request(Limit::Address, Who::Network(network_of(address)))
    }

    /// Counts one request of a user.
    pub fn caller(&self, user: UserId) -> Result<(), Failure> {
        self.request(Limit::Caller, Who::User(user))
    }

    /// Counts one attempt with something that can be guessed, a password or a code, from an address. `store_unavailable` where
    /// replicas share the counts and these are away: each counting for itself would multiply the guesses.
    pub async fn credentials(&self, address: IpAddr) -> Result<(), Failure> {
        self.attempt(Who::Network(network_of(address))).await
    }

    /// The same for something that nobody guesses, a token: it is counted here where the shared counts are away.
    pub async fn renewal(&self, address: IpAddr) -> Result<(), Failure> {
        let who = Who::Network(network_of(address));
        match self.attempt(who).await {
            Err(failure) if failure.code == ErrorCode::StoreUnavailable => {
                judged(self.local.check(Limit::Credentials, who))
            }
            done => done,
        }
    }

    fn request(&self, limit: Limit, who: Who) -> Result<(), Failure> {
        let now = Instant::now();
        if let Some(wait) = self.shared.as_ref().and_then(|shared| shared.tally.wait((limit, who), now)) {
            return Err(refused(wait));
        }
        judged(self.local.check(limit, who))?;
        if let Some(shared) = &self.shared {
            shared.tally.count((limit, who), now);
        }
        Ok(())
    }

    async fn attempt(&self, who: Who) -> Result<(), Failure> {
        let limit = Limit::Credentials;
        let Some(shared) = &self.shared else { return judged(self.local.check(limit, who)) };
        // Nothing is left before the time that a refusal named, so a flood of attempts need not reach the counter.
        if let Some(wait) = shared.tally.wait((limit, who), Instant::now()) {
            return Err(refused(wait));
        }
        let verdict = shared.counter.take(limit, who).await.map_err(uncounted)?;
        shared.learn(limit, who, verdict);
        judged(verdict)
    }

    /// Tells the shared counter what went through here, and hears who has nothing left. Says how many it was told of.
    async fn share(&self) -> Result<u64, Failure> {
        let Some(shared) = &self.shared else { return Ok(0) };
        let mut told = 0;
        for ((limit, who), count) in shared.tally.due(Instant::now()) {
            shared.learn(limit, who, shared.counter.charge(limit, who, count).await?);
            told += 1;
        }
        Ok(told)
    }

    /// Forgets addresses and users that were quiet long enough to be allowed everything again.
    pub fn forget_idle(&self) {
        self.local.forget_idle();
        if let Some(shared) = &self.shared {
            shared.tally.forget_idle(Instant::now());
        }
    }

    /// Where a request comes from: the peer, unless the peer is a proxy that we know. IPv4 is told as IPv4, also where a
    /// socket that takes both writes it as IPv6.
    pub fn client_address(&self, peer: Option<IpAddr>, forwarded: Option<&str>) -> IpAddr {
        let peer = peer.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)).to_canonical();
        if !self.trusted.contains(&peer) {
            return peer;
        }
        let hops = forwarded.unwrap_or("").rsplit(',').filter_map(|hop| hop.trim().parse::<IpAddr>().ok());
        let mut hops = hops.map(|hop| hop.to_canonical());
        // The last hop that is not a proxy of ours is the client; what stands before it anybody may have written.
        hops.find(|hop| !self.trusted.contains(hop)).unwrap_or(peer)
    }

    /// The same, of a request.
    pub fn client_of(&self, request: &HttpRequest) -> IpAddr {
        let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
        self.client_address(request.peer_addr().map(|peer| peer.ip()), forwarded)
    }
}

impl Shared {
    fn learn(&self, limit: Limit, who: Who, verdict: Verdict) {
        if let Verdict::Waits(wait) = verdict {
            self.tally.refuse((limit, who), Instant::now() + wait);
        }
    }
}

fn judged(verdict: Verdict) -> Result<(), Failure> {
    match verdict {
        Verdict::Passes => Ok(()),
        Verdict::Waits(wait) => Err(refused(wait)),
    }
}

fn refused(wait: Duration) -> Failure {
    let wait = wait.as_secs() + 1;
    Failure::new(ErrorCode::RateLimited, format!("Too many requests; try again in {wait} s."))
        .retry_after(u32::try_from(wait).unwrap_or(60))
}

/// Who asked learns what it means; the operator, what happened.
fn uncounted(failure: Failure) -> Failure {
    let told = "Attempts cannot be counted at the moment, so none is let through; try again in a moment.";
    Failure { detail: told.to_owned(), ..failure }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(trusted: &[&str]) -> Arc<Limits> {
        let trusted_proxies = trusted.iter().map(|text| text.parse().unwrap()).collect();
        let three = NonZeroU32::new(3).unwrap();
        Limits::new(&LimitsConfig { address_per_minute: three, trusted_proxies, ..LimitsConfig::default() })
    }

    #[test]
    fn the_fourth_of_three_is_refused_with_a_wait() {
        let limits = limits(&[]);
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        assert!((0..3).all(|_| limits.address(address).is_ok()));
        let failure = limits.address(address).unwrap_err();
        assert!(failure.code == ErrorCode::RateLimited && failure.retry_after.unwrap() >= 1);
        assert!(limits.address("192.0.2.2".parse().unwrap()).is_ok());
    }

    #[test]
    fn only_a_known_proxy_is_believed() {
        let peer: Option<IpAddr> = "10.0.0.1".parse().ok();
        let forwarded = Some("203.0.113.9, 198.51.100.7");
        assert_eq!(limits(&[]).client_address(peer, forwarded).to_string(), "10.0.0.1");
        assert_eq!(limits(&["10.0.0.1"]).client_address(peer, forwarded).to_string(), "198.51.100.7");
    }

    #[test]
    fn an_ipv4_address_is_the_same_however_it_is_written() {
        let mapped: Option<IpAddr> = "::ffff:10.0.0.1".parse().ok();
        assert_eq!(limits(&[]).client_address(mapped, None).to_string(), "10.0.0.1");
        for trusted in ["10.0.0.1", "::ffff:10.0.0.1"] {
            let client = limits(&[trusted]).client_address(mapped, Some("::ffff:203.0.113.9, ::ffff:10.0.0.1"));
            assert_eq!(client.to_string(), "203.0.113.9", "behind {trusted}");
        }
    }
}
