//! The five backing servers of one test, to be stopped, stalled and made slow.

use std::time::Duration;

use futures::future::join_all;
use testkit::servers::{Kind, Own};

use crate::way::Way;

pub const KINDS: [Kind; 5] = [Kind::MariaDb, Kind::MongoDb, Kind::Cassandra, Kind::Redis, Kind::Kafka];
/// Far more than any network between a service and its database, each way.
const SLOW: Duration = Duration::from_millis(400);

/// What happens to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// As a power cut would.
    Killed,
    /// Connections stay, and nothing answers on them.
    Stalled,
    /// Everything is answered, late.
    Slow,
}

impl Fault {
    pub const ALL: [Self; 3] = [Self::Killed, Self::Stalled, Self::Slow];
}

struct Server {
    kind: Kind,
    own: Own,
    way: Way,
}

pub struct Servers(Vec<Server>);

impl Servers {
    pub async fn start() -> Self {
        Self(join_all(KINDS.map(Server::start)).await)
    }

    /// What a cluster is told in place of the shared servers.
    pub fn variables(&self) -> Vec<(String, String)> {
        self.0.iter().map(|server| (variable(server.kind).to_owned(), server.address())).collect()
    }

    fn of(&self, kind: Kind) -> &Server {
        self.0.iter().find(|server| server.kind == kind).expect("there is one of each")
    }

    pub fn strike(&self, kind: Kind, fault: Fault) {
        let server = self.of(kind);
        match fault {
            Fault::Killed => server.own.kill(),
            Fault::Stalled => server.own.pause(),
            Fault::Slow => server.way.hold(SLOW),
        }
    }

    pub async fn mend(&self, kind: Kind, fault: Fault) {
        let server = self.of(kind);
        match fault {
            Fault::Killed => server.own.start_again().await,
            Fault::Stalled => server.own.resume(),
            Fault::Slow => server.way.hold(Duration::ZERO),
        }
    }
}

impl Server {
    async fn start(kind: Kind) -> Self {
        let mut way = Way::lay().await;
        let own = Own::start_behind(kind, way.address().port()).await;
        way.open(own.authority().parse().expect("an address on loopback"));
        Self { kind, own, way }
    }

    /// Its address by the long way.
    fn address(&self) -> String {
        self.own.address().replace(self.own.authority(), &self.way.address().to_string())
    }
}

/// Where `stack/cluster.sh` looks for its address.
const fn variable(kind: Kind) -> &'static str {
    match kind {
        Kind::MariaDb => "TEST_MYSQL_URL",
        Kind::MongoDb => "TEST_MONGODB_URL",
        Kind::Cassandra => "TEST_CASSANDRA",
        Kind::Redis | Kind::RedisCluster => "TEST_REDIS_URL",
        Kind::Kafka => "TEST_KAFKA",
    }
}
