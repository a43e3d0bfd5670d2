//! Names by way of this machine's own resolver.

use std::io;
use std::net::IpAddr;

use async_trait::async_trait;
use kit::{ErrorCode, Failure};

use crate::ports::Resolver;

/// Asks as every other program here does.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        let found = tokio::net::lookup_host((host, 0)).await.map_err(|error| failure(host, &error))?;
        let mut found: Vec<IpAddr> = found.map(|address| address.ip()).collect();
        found.dedup();
        if found.is_empty() { Err(unknown(host)) } else { Ok(found) }
    }
}

fn unknown(host: &str) -> Failure {
    Failure::new(ErrorCode::WebhookUnreachable, format!("The name {host} has no address."))
}

/// That nobody could be asked, which says nothing of the name.
pub fn unanswered(host: &str) -> Failure {
    Failure::new(ErrorCode::PeerUnavailable, format!("No name server tells an address of {host} at the moment."))
}

/// The C library's words for a question that nobody answered (`EAI_AGAIN`, in glibc and musl) are all that there is to go
/// by: the standard library keeps no code of it.
fn failure(host: &str, error: &io::Error) -> Failure {
    let text = error.to_string();
    let silent = ["Temporary failure", "Try again"].iter().any(|words| text.contains(words));
    if silent { unanswered(host) } else { unknown(host) }.operator(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_has_its_addresses_and_what_is_none_has_none() {
        let found = SystemResolver.resolve("localhost").await.unwrap();
        assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback), "{found:?}");
        let failure = SystemResolver.resolve("nowhere.invalid").await.unwrap_err();
        // A machine without a network has nobody to ask.
        assert!(matches!(failure.code, ErrorCode::WebhookUnreachable | ErrorCode::PeerUnavailable), "{failure}");
    }

    #[test]
    fn a_name_that_is_none_is_told_from_a_question_that_nobody_answered() {
        let code = |words: &str| {
            let error = io::Error::other(format!("failed to lookup address information: {words}"));
            failure("a.example.org", &error).code
        };
        for words in ["Name or service not known", "No address associated with hostname", "Name does not resolve"] {
            assert_eq!(code(words), ErrorCode::WebhookUnreachable, "{words}");
        }
        for words in ["Temporary failure in name resolution", "Try again"] {
            assert_eq!(code(words), ErrorCode::PeerUnavailable, "{words}");
        }
    }
}
