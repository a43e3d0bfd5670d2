//! How often one address and one caller may ask. In-process: with several replicas each counts for itself.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use futures::future::{Ready, ready};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use kit::net::network_of;
use kit::{ErrorCode, Failure, UserId};
use serde::{Deserialize, Serialize};

use crate::Problem;
use crate::auth::Door;

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

/// The counters of a process.
pub struct Limits {
    address: DefaultKeyedRateLimiter<IpAddr>,
    credentials: DefaultKeyedRateLimiter<IpAddr>,
    caller: DefaultKeyedRateLimiter<UserId>,
    trusted: Vec<IpAddr>,
}

impl Limits {
    pub fn new(config: &LimitsConfig) -> Arc<Self> {
        Arc::new(Self {
            address: RateLimiter::keyed(Quota::per_minute(config.address_per_minute)),
            credentials: RateLimiter::keyed(Quota::per_minute(config.credentials_per_minute)),
            caller: RateLimiter::keyed(Quota::per_minute(config.caller_per_minute)),
            trusted: config.trusted_proxies.iter().map(IpAddr::to_canonical).collect(),
        })
    }

    /// Counts one request of an address.
    pub fn address(&self, address: IpAddr) -> Result<(), Failure> {
        check(&self.address, &network_of(address))
    }

    /// Counts one attempt with a password, code or token from an address.
    pub fn credentials(&self, address: IpAddr) -> Result<(), Failure> {
        check(&self.credentials, &network_of(address))
    }

    /// Counts one request of a user.
    pub fn caller(&self, user: UserId) -> Result<(), Failure> {
        check(&self.caller, &user)
    }

    /// Forgets addresses and users that were quiet long enough to be allowed everything again.
    pub fn forget_idle(&self) {
        self.address.retain_recent();
        self.credentials.retain_recent();
        self.caller.retain_recent();
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

/// The client's address, for calls that try a password, a code or a token: extracting it counts an attempt.
#[derive(Clone, Copy, Debug)]
pub struct CredentialsFrom(pub IpAddr);

impl FromRequest for CredentialsFrom {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let door = request.app_data::<web::Data<Door>>();
        ready(match door {
            Some(door) => {
                let address = door.limits.client_of(request);
                door.limits.credentials(address).map(|()| Self(address)).map_err(Problem)
            }
            None => Err(Failure::internal("no door was set up").into()),
        })
    }
}

fn check<K: Clone + Eq + std::hash::Hash>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), Failure> {
    use governor::clock::{Clock as _, DefaultClock};
    limiter.check_key(key).map_err(|refused| {
        let wait = refused.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
        Failure::new(ErrorCode::RateLimited, format!("Too many requests; try again in {wait} s."))
            .retry_after(u32::try_from(wait).unwrap_or(60))
    })
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
