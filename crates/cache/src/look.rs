//! What a Redis is like, for whoever checks it before it is used. One connection, and nothing is changed.

use std::collections::HashMap;
use std::time::Duration;

use kit::Timestamp;
use redis::{Client, ErrorKind, RedisError, ServerErrorKind};
use secrecy::SecretString;

use crate::redis::Address;

/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// `7.0.15`.
    pub version: String,
    /// `master`, or a replica that takes no writes.
    pub role: String,
    pub append_only: bool,
    /// `noeviction`, `allkeys-lru`, …
    pub eviction: String,
    /// 0 where there is no limit.
    pub max_memory: u64,
    /// Whether the URL has a password.
    pub authenticated: bool,
    /// Whether the server is on this machine itself.
    pub is_here: bool,
    pub clock: Timestamp,
}

/// Why nothing was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotSeen {
    /// The URL is none; its text is not repeated.
    NotAUrl,
    Away(String),
    Denied(String),
}

/// Asks the server, or one node of a cluster: what is asked each node keeps for itself.
pub async fn look(url: &SecretString) -> Result<Facts, NotSeen> {
    let nodes = match Address::parse(url).map_err(|_| NotSeen::NotAUrl)? {
        Address::Server(info) => vec![*info],
        Address::Cluster(nodes) => nodes,
    };
    let mut last = NotSeen::NotAUrl;
    for node in nodes {
        let host = node.addr().to_string();
        let authenticated = node.redis_settings().password().is_some();
        let asking = async {
            let client = Client::open(node)?;
            let mut connection = client.get_multiplexed_async_connection().await?;
            let info: String = redis::cmd("INFO").query_async(&mut connection).await?;
            let clock: (i64, i64) = redis::cmd("TIME").query_async(&mut connection).await?;
            Ok::<_, RedisError>((info, clock))
        };
        match tokio::time::timeout(PATIENCE, asking).await {
            Ok(Ok((info, (seconds, micros)))) => {
                let clock = Timestamp::from_micros(seconds.saturating_mul(1_000_000).saturating_add(micros));
                return Ok(Facts { authenticated, is_here: is_here(&host), clock, ..parse(&info) });
            }
            Ok(Err(error)) => last = not_seen(&error),
            Err(_) => last = NotSeen::Away(format!("no answer in {} s", PATIENCE.as_secs())),
        }
    }
    Err(last)
}

fn is_here(address: &str) -> bool {
    ["127.", "localhost:", "[::1]:", "::1:"].iter().any(|own| address.starts_with(own))
}

/// `name:value`, a line each.
fn parse(info: &str) -> Facts {
    let values: HashMap<&str, &str> = info.lines().filter_map(|line| line.trim().split_once(':')).collect();
    let text = |name: &str| values.get(name).copied().unwrap_or_default().to_owned();
    Facts {
        version: text("redis_version"),
        role: text("role"),
        append_only: text("aof_enabled") == "1",
        eviction: text("maxmemory_policy"),
        max_memory: text("maxmemory").parse().unwrap_or(0),
        authenticated: false,
        is_here: false,
        clock: Timestamp::from_micros(0),
    }
}

fn not_seen(error: &RedisError) -> NotSeen {
    let refused = matches!(error.kind(), ErrorKind::AuthenticationFailed | ErrorKind::Server(ServerErrorKind::NoPerm))
        || matches!(error.code(), Some("NOAUTH" | "WRONGPASS" | "NOPERM"));
    let told = error.to_string();
    if refused { NotSeen::Denied(told) } else { NotSeen::Away(told) }
}

#[cfg(test)]
mod tests {
    use testkit::servers;

    use super::*;

    #[tokio::test]
    async fn a_server_tells_of_itself() {
        let facts = look(&servers::redis().into()).await.unwrap();
        assert!(facts.version.starts_with(char::is_numeric) && facts.role == "master" && facts.is_here, "{facts:?}");
        assert!(!facts.authenticated && facts.clock.as_secs() > 1_700_000_000, "{facts:?}");
    }

    #[tokio::test]
    async fn a_server_that_is_away_or_refuses_says_which() {
        assert_eq!(look(&"http://u:secret@h".into()).await, Err(NotSeen::NotAUrl));
        let away = look(&"redis://127.0.0.1:1".into()).await;
        assert!(matches!(away, Err(NotSeen::Away(_))), "{away:?}");
        let stranger = servers::redis().replace("redis://", "redis://nobody:secret@");
        let denied = look(&stranger.into()).await;
        assert!(matches!(&denied, Err(NotSeen::Denied(told)) if !told.contains("secret")), "{denied:?}");
    }

    #[test]
    fn what_it_says_is_read_line_by_line() {
        let facts = parse(
            "# Server\r\nredis_version:7.0.15\r\nrole:slave\r\naof_enabled:1\r\nmaxmemory:1024\r\nmaxmemory_policy:allkeys-lru\r\n",
        );
        assert_eq!((facts.version.as_str(), facts.role.as_str(), facts.append_only), ("7.0.15", "slave", true));
        assert_eq!((facts.eviction.as_str(), facts.max_memory), ("allkeys-lru", 1024));
    }
}
