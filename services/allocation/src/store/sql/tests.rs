//! The contract on SQLite and on MySQL, and stores that are wrong on purpose to prove that the suites notice.

pub mod mysql;
mod sqlite;
pub mod wrong;
mod wrong_fleet;

use std::sync::Arc;
use std::time::Duration;

use bus::{OutboxSource, Topic};
use futures::future::BoxFuture;
use kit::{Ambient, MasterKey, ServiceName};
use sql::{Database, Migrations, Stored as _};

use super::{MIGRATIONS, Settings, SqlStore};
use crate::contract::{Replica, Sides, Time, World};

/// All tables of the service's database.
pub static SETS: [&Migrations; 2] = [&bus::MIGRATIONS, &MIGRATIONS];

pub fn settings() -> Settings {
    let ambient = Ambient::system();
    Settings {
        sealing: MasterKey::mint(&ambient).derive("test"),
        ambient,
        ports: (20_000, 29_999),
        public_host: "127.0.0.1".into(),
    }
}

pub async fn fresh() -> (SqlStore, tempfile::TempDir) {
    let (database, directory) = testkit::databases::fresh_sqlite(&SETS).await;
    (SqlStore::new(database, settings()), directory)
}

/// The sides of a store, where `other` is the database as another process has it open.
pub fn sides(store: &SqlStore, other: &Database) -> Sides {
    let source = |topic| Arc::new(OutboxSource::new(store.database.clone(), topic));
    let small = Settings { ports: (20_000, 20_099), ..store.settings.clone() };
    let replica = Arc::new(SqlStore::new(other.clone(), small));
    Sides {
        store: Arc::new(store.clone()),
        fleet: Arc::new(store.clone()),
        oversight: Arc::new(store.clone()),
        events: source(Topic::Allocation),
        acts: source(Topic::Audit(ServiceName::Allocation)),
        replica: Replica { store: replica.clone(), fleet: replica.clone(), oversight: replica },
        time: Arc::new(Clock(store.database.clone())),
    }
}

/// The database's clock cannot be moved; what was written by it can.
struct Clock(Database);

impl Time for Clock {
    fn pass(&self, span: Duration) -> BoxFuture<'_, ()> {
        let micros = super::fleet::micros(span);
        let pass = self.0.write(move |c| {
            Box::pin(async move {
                let older = "UPDATE work SET lease_until = lease_until - ?1, not_before = not_before - ?1";
                sql::query(older).bind(micros).execute(c).await.stored()
            })
        });
        Box::pin(async move { pass.await.map(drop).expect("the rows can be changed") })
    }
}

pub async fn world() -> World {
    let (store, directory) = fresh().await;
    let sides = sides(&store, &store.database);
    World::new(sides, Box::new(directory))
}

/// Every suite on a backend, each a test.
macro_rules! suites {
    ($keep:ident = $kept:expr, $world:expr) => {
        $crate::store::sql::tests::suites! {
            $keep = $kept, $world,
            allocation_store allocation_changes allocation_lists allocation_fleet allocation_oversight
            allocation_replicas
        }
    };
    ($keep:ident = $kept:expr, $world:expr, $($suite:ident)*) => {
        $(#[tokio::test]
        async fn $suite() {
            let $keep = $kept;
            testkit::contract::passes(crate::contract::$suite(), $world).await;
            // The last suite to end has seen the statements of all.
            testkit::databases::record("allocation");
        })*
    };
}
use suites;
