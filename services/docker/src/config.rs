//! The docker service's settings, each with its default and meaning.

use std::net::IpAddr;
use std::path::PathBuf;

use kit::Failure;

use crate::domain::Cidr;
use crate::domain::subnet::NETWORK_PREFIX;

/// One site's engine.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Where volumes and logs are kept.
    pub state_dir: PathBuf,
    /// The host's address that ports are published on.
    pub publish_address: IpAddr,
    /// Where tenant networks get their subnets from, a /26 each.
    pub subnet_pool: Cidr,
    /// How many containers start at the same time.
    pub starts_at_once: usize,
}

impl EngineConfig {
    /// Reads what people wrote. `invalid_input` with the field.
    pub fn parse(state_dir: PathBuf, publish_address: &str, subnet_pool: &str) -> Result<Self, Failure> {
        let publish_address = publish_address
            .parse()
            .map_err(|_| Failure::invalid("site.publish_address", "an address of this host, such as 127.0.0.1"))?;
        let subnet_pool: Cidr = subnet_pool.parse().map_err(|failure: Failure| failure.field("site.subnet_pool"))?;
        if subnet_pool.prefix() > NETWORK_PREFIX {
            return Err(Failure::invalid("site.subnet_pool", "a pool has room for at least one /26"));
        }
        Ok(Self { state_dir, publish_address, subnet_pool, starts_at_once: 6 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_by_its_field() {
        let field =
            |address, pool| EngineConfig::parse("x".into(), address, pool).err().and_then(|failure| failure.field);
        assert_eq!(field("127.0.0.1", "10.200.0.0/14"), None);
        assert_eq!(field("localhost", "10.200.0.0/14").as_deref(), Some("site.publish_address"));
        assert_eq!(field("::1", "10.200.0.0").as_deref(), Some("site.subnet_pool"));
        assert_eq!(field("::1", "10.0.0.0/27").as_deref(), Some("site.subnet_pool"));
    }
}
