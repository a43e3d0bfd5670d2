//! The five backing servers of one test, to be stopped and stalled.

use testkit::servers::{Kind, Own};

/// What happens to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// As a power cut would.
    Killed,
    /// Connections stay, and nothing answers on them.
    Stalled,
}

pub struct Servers([(Kind, &'static str, Own); 5]);

impl Servers {
    pub async fn start() -> Self {
        let (mariadb, mongodb, cassandra, redis, kafka) = futures::join!(
            Own::start(Kind::MariaDb),
            Own::start(Kind::MongoDb),
            Own::start(Kind::Cassandra),
            Own::start(Kind::Redis),
            Own::start(Kind::Kafka)
        );
        Self([
            (Kind::MariaDb, "TEST_MYSQL_URL", mariadb),
            (Kind::MongoDb, "TEST_MONGODB_URL", mongodb),
            (Kind::Cassandra, "TEST_CASSANDRA", cassandra),
            (Kind::Redis, "TEST_REDIS_URL", redis),
            (Kind::Kafka, "TEST_KAFKA", kafka),
        ])
    }

    /// What a cluster is told in place of the shared servers.
    pub fn variables(&self) -> Vec<(String, String)> {
        self.0.iter().map(|(_, name, own)| ((*name).to_owned(), own.address().to_owned())).collect()
    }

    fn of(&self, kind: Kind) -> &Own {
        let (_, _, own) = self.0.iter().find(|(of, ..)| *of == kind).expect("there is one of each");
        own
    }

    pub fn strike(&self, kind: Kind, fault: Fault) {
        match fault {
            Fault::Killed => self.of(kind).kill(),
            Fault::Stalled => self.of(kind).pause(),
        }
    }

    pub async fn mend(&self, kind: Kind, fault: Fault) {
        match fault {
            Fault::Killed => self.of(kind).start_again().await,
            Fault::Stalled => self.of(kind).resume(),
        }
    }
}
