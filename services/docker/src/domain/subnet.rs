//! Which address range a new network gets: out of a pool of our own, beside everything that is in use.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use kit::Failure;
use serde::{Deserialize, Serialize};

/// How long the prefix of a tenant network is: a /26 has room for 61 sandboxes beside its gateway.
pub const NETWORK_PREFIX: u8 = 26;
/// Addresses of a /26 less network, broadcast and gateway.
pub const SANDBOXES_PER_NETWORK: usize = 61;

/// A range of IPv4 addresses, `10.200.0.0/14`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr {
    base: u32,
    prefix: u8,
}

impl Cidr {
    /// Host bits are cleared; `None` where the prefix is longer than 32.
    pub fn new(address: Ipv4Addr, prefix: u8) -> Option<Self> {
        (prefix <= 32).then(|| Self { base: u32::from(address) & mask(prefix), prefix })
    }

    pub const fn prefix(self) -> u8 {
        self.prefix
    }

    /// The first address behind the network's own: the bridge's.
    pub fn gateway(self) -> Ipv4Addr {
        Ipv4Addr::from(self.base + 1)
    }

    pub const fn overlaps(self, other: Self) -> bool {
        let shorter = if self.prefix < other.prefix { self.prefix } else { other.prefix };
        self.base & mask(shorter) == other.base & mask(shorter)
    }

    const fn networks(self) -> u32 {
        if self.prefix > NETWORK_PREFIX { 0 } else { 1 << (NETWORK_PREFIX - self.prefix) }
    }

    const fn nth(self, n: u32) -> Self {
        Self { base: self.base + (n << (32 - NETWORK_PREFIX)), prefix: NETWORK_PREFIX }
    }
}

const fn mask(prefix: u8) -> u32 {
    if prefix == 0 { 0 } else { u32::MAX << (32 - prefix) }
}

/// A /26 of the pool that overlaps nothing in use, looked for from the `start`th on, so that neighbours with the same
/// pool seldom try the same one. `None` when the pool is full.
pub fn free(pool: Cidr, used: &[Cidr], start: u32) -> Option<Cidr> {
    let count = pool.networks();
    let candidates = (0..count).map(|n| pool.nth((start % count).wrapping_add(n) % count));
    candidates.into_iter().find(|candidate| !used.iter().any(|used| used.overlaps(*candidate)))
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.base), self.prefix)
    }
}

impl fmt::Debug for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Cidr {
    type Err = Failure;

    /// An address without a prefix is one host.
    fn from_str(text: &str) -> Result<Self, Failure> {
        let invalid = || Failure::invalid("subnet_pool", "a subnet is written 10.200.0.0/14");
        let (address, prefix) = text.split_once('/').unwrap_or((text, "32"));
        let prefix = prefix.parse().map_err(|_| invalid())?;
        Self::new(address.parse().map_err(|_| invalid())?, prefix).ok_or_else(invalid)
    }
}

impl TryFrom<String> for Cidr {
    type Error = Failure;

    fn try_from(text: String) -> Result<Self, Failure> {
        text.parse()
    }
}

impl From<Cidr> for String {
    fn from(cidr: Cidr) -> Self {
        cidr.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cidr(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    #[test]
    fn ranges_overlap_when_one_holds_the_other() {
        assert!(cidr("10.0.0.0/8").overlaps(cidr("10.200.1.64/26")));
        assert!(cidr("10.200.1.64/26").overlaps(cidr("10.0.0.0/8")));
        assert!(!cidr("10.200.1.64/26").overlaps(cidr("10.200.1.128/26")));
        assert!(cidr("0.0.0.0/0").overlaps(cidr("192.0.2.1")));
    }

    #[test]
    fn a_pool_gives_each_of_its_networks_once_and_then_none() {
        let pool = cidr("10.200.0.0/24");
        let mut used = vec![cidr("10.200.0.70")];
        for _ in 0..3 {
            let given = free(pool, &used, 1).unwrap();
            assert!(pool.overlaps(given) && given.prefix() == 26);
            used.push(given);
        }
        assert_eq!(used[1..], [cidr("10.200.0.128/26"), cidr("10.200.0.192/26"), cidr("10.200.0.0/26")]);
        assert_eq!(free(pool, &used, 1), None);
        assert_eq!(free(cidr("10.0.0.0/30"), &[], 0), None);
    }

    #[test]
    fn what_is_no_subnet_is_refused() {
        for text in ["", "10.0.0.0/33", "10.0.0/8", "x/8", "10.0.0.0/-1"] {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
        assert_eq!(cidr("10.200.1.77/26").to_string(), "10.200.1.64/26");
        assert_eq!(cidr("10.200.1.64/26").gateway().to_string(), "10.200.1.65");
    }
}
