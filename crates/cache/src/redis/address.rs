//! Where Redis is. The URL may hold a password, so nothing here prints it.

use std::fmt;

use kit::Failure;
use redis::io::tcp::TcpSettings;
use redis::{ConnectionInfo, IntoConnectionInfo as _, ProtocolVersion};
use secrecy::{ExposeSecret as _, SecretString};

/// What a URL of a Redis Cluster begins with.
const CLUSTER: &str = "redis+cluster://";

/// One server, or some nodes of a cluster that tell of the others.
#[derive(Clone)]
pub enum Address {
    Server(Box<ConnectionInfo>),
    Cluster(Vec<ConnectionInfo>),
}

impl Address {
    /// `redis://[user:password@]host[:port][/db]`, or `redis+cluster://[user:password@]host[:port][,host[:port]…]`.
    pub fn parse(url: &SecretString) -> Result<Self, Failure> {
        let url = url.expose_secret();
        let Some(rest) = url.strip_prefix(CLUSTER) else {
            return server(url).map(|info| Self::Server(Box::new(info)));
        };
        let (who, nodes) = match rest.rsplit_once('@') {
            Some((who, nodes)) => (format!("{who}@"), nodes),
            None => (String::new(), rest),
        };
        let nodes = nodes.split(',').map(|node| server(&format!("redis://{who}{node}")));
        nodes.collect::<Result<_, _>>().map(Self::Cluster)
    }
}

/// Hosts and ports, and nothing else of the URL.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(info) => info.addr().fmt(f),
            Self::Cluster(nodes) => {
                let nodes: Vec<String> = nodes.iter().map(|info| info.addr().to_string()).collect();
                write!(f, "the cluster of {}", nodes.join(", "))
            }
        }
    }
}

fn server(url: &str) -> Result<ConnectionInfo, Failure> {
    let refused = || {
        let told = "The URL of Redis is redis://[user:password@]host[:port][/db], or redis+cluster:// and its nodes with commas.";
        Failure::invalid("redis.url", told)
    };
    if !url.starts_with("redis://") {
        return Err(refused());
    }
    let info = url.into_connection_info().map_err(|_| refused())?;
    // By RESP3 the client hears at once that a connection has ended, also while nobody asks. Small commands must not wait for
    // each other's acknowledgement.
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    Ok(info.set_redis_settings(settings).set_tcp_settings(TcpSettings::default().set_nodelay(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        Address::parse(&url.into()).map_or_else(|failure| failure.detail, |address| address.to_string())
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        assert_eq!(shown("redis://berth:secret@redis.local/2"), "redis.local:6379");
        let cluster = shown("redis+cluster://:secret@one:7000,two:7001,[::1]:7002");
        assert_eq!(cluster, "the cluster of one:7000, two:7001, ::1:7002");
    }

    #[test]
    fn what_is_no_address_is_refused_without_saying_it() {
        for url in [
            "",
            "redis.local:6379",
            "http://u:secret@h",
            "rediss://u:secret@h",
            "redis://u:secret@",
            "redis+cluster://",
        ] {
            let told = shown(url);
            assert!(told.starts_with("The URL of Redis is") && !told.contains("secret"), "{url}: {told}");
        }
    }
}
