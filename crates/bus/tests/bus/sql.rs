//! The outboxes of SQLite and MySQL: what every outbox must do, and what transactions make of the order of rows.

use std::sync::Arc;

use bus::{Event, Outbox, Shard, SqlOutbox, Topic, outbox};
use futures::future::BoxFuture;
use sql::Database;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, MySqlConnection};
use testkit::contract::passes;
use testkit::outbox::{World, leases, rows};
use testkit::{servers, until};
use tokio::sync::watch;

use crate::broker::{Broker, event};
use crate::ledger::Ledger;

async fn sqlite() -> World {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::open(&directory.path().join("t.db"), &[&bus::MIGRATIONS]).await.unwrap();
    world(database, directory)
}

async fn mysql() -> World {
    let (database, guard) = server().await;
    world(database, guard)
}

fn world(database: Database, guard: impl std::any::Any + Send + Sync) -> World {
    let outbox = Arc::new(SqlOutbox::new(database.clone()));
    let append = move |event: Event| -> BoxFuture<'static, ()> {
        let database = database.clone();
        Box::pin(async move { commit(&database, event).await })
    };
    World::new(outbox, Box::new(append), guard)
}

async fn commit(database: &Database, event: Event) {
    database.write(move |c| Box::pin(async move { outbox::append(c, &event).await })).await.unwrap();
}

/// A database of this test's own, which goes with it.
struct Named(String);

async fn server() -> (Database, Named) {
    let (server, name) = (servers::mysql(), servers::unique("bus"));
    let mut connection = MySqlConnection::connect(&server).await.unwrap();
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    let database = Database::connect(&format!("{server}/{name}")).unwrap();
    database.migrate(&[&bus::MIGRATIONS]).await.unwrap();
    (database, Named(name))
}

impl Drop for Named {
    fn drop(&mut self) {
        let name = self.0.clone();
        let drop = async move {
            let mut connection = MySqlConnection::connect(&servers::mysql()).await.unwrap();
            connection.execute(AssertSqlSafe(format!("DROP DATABASE {name}"))).await.unwrap();
        };
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _ = std::thread::spawn(move || runtime().block_on(drop)).join();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_of_sqlite_does_what_every_outbox_must() {
    passes(rows(), sqlite).await;
    passes(leases(), sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_of_mysql_does_what_every_outbox_must() {
    passes(rows(), mysql).await;
    passes(leases(), mysql).await;
}

/// The order of numbers is not the order of commits: the first to insert is the last to be seen.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_a_long_transaction_is_sent_after_later_ones() {
    let broker = Broker::with(&[Topic::User]).await;
    let (database, _guard) = server().await;
    let outbox = Arc::new(SqlOutbox::new(database.clone()));
    let ledger = Ledger::new();
    let (relay, reader) = (broker.relay(outbox.clone()), broker.reader(ledger.clone(), "g"));
    let (inserted, commit_now) = (watch::Sender::new(false), watch::Sender::new(false));
    let long = tokio::spawn({
        let (database, inserted, go) = (database.clone(), inserted.clone(), commit_now.clone());
        async move {
            let early = event("early", 1);
            let work = database.write(move |c| {
                Box::pin(async move {
                    outbox::append(c, &early).await?;
                    inserted.send_replace(true);
                    let _ = go.subscribe().wait_for(|go| *go).await;
                    Ok(())
                })
            });
            work.await.unwrap();
        }
    });
    inserted.subscribe().wait_for(|inserted| *inserted).await.unwrap();
    commit(&database, event("late", 1)).await;
    ledger.took(1).await;
    commit_now.send_replace(true);
    long.await.unwrap();
    ledger.took(2).await;
    assert_eq!(ledger.effects().into_keys().collect::<Vec<_>>(), ["early", "late"]);
    assert_eq!(ledger.events()[0].subject, "late");
    until(|| async { outbox.unsent(&Shard::all().collect::<Vec<_>>(), 10).await.unwrap() }, Vec::is_empty).await;
    relay.stop().await;
    reader.stop().await;
    broker.end().await;
}
