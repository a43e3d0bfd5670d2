//! Where the servers are that a distributed platform keeps its data on, and where its services find each other. Without any
//! of these, one process keeps everything in its data directory.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use cache::Redis;
use kit::{Failure, ServiceName};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// `[allocation]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AllocationConfig {
    /// The database on a MySQL server: `mysql://user:password@host:port/name`.
    #[serde(skip_serializing)]
    pub database_url: Option<SecretString>,
    /// A file that holds it.
    pub database_url_file: Option<PathBuf>,
}

/// `[machines]` and `[verifier]`: a database each on a MongoDB replica set.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_field_names, reason = "they are keys of a section that is named after a service")]
pub struct MongoConfig {
    /// `mongodb://user:password@host:port/?replicaSet=name`.
    #[serde(skip_serializing)]
    pub mongodb_url: Option<SecretString>,
    /// A file that holds it.
    pub mongodb_url_file: Option<PathBuf>,
    /// The database's name; `berth_<service>` where none is given.
    pub mongodb_database: Option<String>,
}

/// `[feed]`: a keyspace on Cassandra.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeedBackend {
    /// `host:port` of a few nodes, with commas between them.
    pub cassandra: Option<String>,
    /// Made where it is missing; nothing else writes there.
    pub keyspace: String,
    /// How many copies of each row it is made with.
    pub replication: u8,
    /// The data centre whose nodes are asked, where there are several.
    pub data_centre: Option<String>,
    pub user: Option<String>,
    #[serde(skip_serializing)]
    pub password: Option<SecretString>,
    /// A file that holds it.
    pub password_file: Option<PathBuf>,
}

impl Default for FeedBackend {
    fn default() -> Self {
        Self {
            cassandra: None,
            keyspace: "berth_feed".to_owned(),
            replication: 1,
            data_centre: None,
            user: None,
            password: None,
            password_file: None,
        }
    }
}

/// `[kafka]`: the bus between processes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KafkaConfig {
    /// `host:port` of a few brokers, with commas between them.
    pub brokers: Option<String>,
    /// What every topic's name begins with.
    pub topic_prefix: String,
    /// How many brokers keep each record; from 3 on, two must have it before it counts.
    pub replication_factor: u8,
}

impl Default for KafkaConfig {
    fn default() -> Self {
        Self { brokers: None, topic_prefix: "berth.".to_owned(), replication_factor: 1 }
    }
}

/// `[redis]`: what replicas count and remember together.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedisConfig {
    /// `redis://[user:password@]host:port[/database]`, or `redis+cluster://` and some nodes of a cluster with commas.
    #[serde(skip_serializing)]
    pub url: Option<SecretString>,
    /// A file that holds it.
    pub url_file: Option<PathBuf>,
    /// What every key begins with.
    pub prefix: Option<String>,
}

impl RedisConfig {
    /// A handle for one use; `None` where there is no Redis.
    pub fn open(&self, used_for: &'static str, deadline: Duration) -> Result<Option<Redis>, Failure> {
        let prefix = self.prefix.as_deref().unwrap_or("berth").trim_end_matches(':');
        self.url.as_ref().map(|url| Redis::open(used_for, url, prefix, deadline)).transpose()
    }
}

/// `[peers]`: where services find each other, and how they know that it is they.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PeersConfig {
    /// A directory as `berthd certs` makes it: `ca.pem`, and `<service>.pem` with certificate and key.
    pub certificates: Option<PathBuf>,
    /// The address and port that gRPC is served on.
    pub listen: Option<String>,
    /// `host:port` of each service, several with commas between them; names are resolved again every 5 s.
    pub user: Option<String>,
    pub machines: Option<String>,
    pub allocation: Option<String>,
    pub feed: Option<String>,
    pub verifier: Option<String>,
    pub docker: Option<String>,
    pub notification: Option<String>,
    pub interact: Option<String>,
}

impl PeersConfig {
    /// The services that have a place.
    pub fn places(&self) -> BTreeMap<ServiceName, String> {
        let of = |name: ServiceName| match name {
            ServiceName::User => &self.user,
            ServiceName::Machines => &self.machines,
            ServiceName::Allocation => &self.allocation,
            ServiceName::Feed => &self.feed,
            ServiceName::Verifier => &self.verifier,
            ServiceName::Docker => &self.docker,
            ServiceName::Notification => &self.notification,
            ServiceName::Interact => &self.interact,
        };
        ServiceName::ALL.iter().filter_map(|name| Some((*name, of(*name).clone()?))).collect()
    }
}
