//! Names by way of this machine's own resolver.

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use kit::{ErrorCode, Failure};

use crate::ports::Resolver;

/// How long a name may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// Asks as every other program here does.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        let unknown = || Failure::new(ErrorCode::WebhookUnreachable, format!("The name {host} has no address."));
        let asked = tokio::time::timeout(DEADLINE, tokio::net::lookup_host((host, 0))).await;
        let found = asked.map_err(|error| unknown().operator(error))?.map_err(|error| unknown().operator(error))?;
        let mut found: Vec<IpAddr> = found.map(|address| address.ip()).collect();
        found.dedup();
        if found.is_empty() { Err(unknown()) } else { Ok(found) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_has_its_addresses_and_what_is_none_has_none() {
        let found = SystemResolver.resolve("localhost").await.unwrap();
        assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback), "{found:?}");
        let failure = SystemResolver.resolve("nowhere.invalid").await.unwrap_err();
        assert_eq!(failure.code, ErrorCode::WebhookUnreachable);
    }
}
