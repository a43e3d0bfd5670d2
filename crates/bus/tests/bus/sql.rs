//! The outboxes of SQLite and MySQL: what every outbox must do, and what transactions make of the order of rows.

use std::sync::Arc;

use bus::{Event, Outbox, Shard, SqlOutbox, Topic, outbox};
use futures::future::{BoxFuture, join_all};
use sql::{Database, Stored as _};
use testkit::contract::passes;
use testkit::databases::{fresh_mysql, fresh_sqlite, same_schema};
use testkit::outbox::{World, leases, rows};
use testkit::until;
use tokio::sync::watch;

use crate::broker::{Broker, event};
use crate::ledger::{Ledger, in_order, subjects};

async fn sqlite() -> World {
    let (database, directory) = fresh_sqlite(&[&bus::MIGRATIONS]).await;
    world(database, directory)
}

async fn mysql() -> World {
    let (database, own) = fresh_mysql(&[&bus::MIGRATIONS]).await;
    world(database, own)
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

/// A file finds the newest of a subject for pruning; a server counts what waits by a short index.
#[tokio::test(flavor = "multi_thread")]
async fn both_have_the_same_tables() {
    let expected = ["mysql: outbox index (shard, position)", "sqlite: outbox index (topic, subject, position)"];
    same_schema(&[&bus::MIGRATIONS], &expected).await;
}

/// Both replicas write, and either sends what the other wrote.
#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_on_one_server_send_each_event_once() {
    let broker = Broker::with(&[Topic::User]).await;
    let (first, own) = fresh_mysql(&[&bus::MIGRATIONS]).await;
    let replicas = [first, Database::connect(&own.url()).unwrap()];
    let (ledger, subjects) = (Ledger::new(), subjects(20));
    let reader = broker.reader(ledger.clone(), "g");
    let relays = replicas.clone().map(|database| broker.relay(Arc::new(SqlOutbox::new(database))));
    let writers = subjects.iter().enumerate().map(|(at, subject)| {
        let database = replicas[at % 2].clone();
        async move {
            for revision in 1..=15 {
                commit(&database, event(subject, revision)).await;
            }
        }
    });
    join_all(writers).await;
    ledger.took(300).await;
    assert_eq!(ledger.effects(), in_order(&subjects, 15));
    assert_eq!(ledger.seen(), 300);
    let [one, other] = relays;
    one.stop().await;
    // What is left alone takes over at once what was given back.
    commit(&replicas[0], event("last", 1)).await;
    ledger.took(301).await;
    other.stop().await;
    reader.stop().await;
    broker.end().await;
}

/// The order of numbers is not the order of commits: the first to insert is the last to be seen.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_a_long_transaction_is_sent_after_later_ones() {
    let broker = Broker::with(&[Topic::User]).await;
    let (database, _own) = fresh_mysql(&[&bus::MIGRATIONS]).await;
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

/// As many as a relay reads at a time, in front of one that it can send.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_only_a_newer_version_can_send_hold_up_nobody() {
    let (file, _directory) = fresh_sqlite(&[&bus::MIGRATIONS]).await;
    let (server, _own) = fresh_mysql(&[&bus::MIGRATIONS]).await;
    for database in [file, server] {
        let outbox = SqlOutbox::new(database.clone());
        for subject in subjects(3) {
            commit(&database, event(&subject, 1)).await;
        }
        let newer = sql::query("UPDATE outbox SET topic = 'berth.later.v1'");
        database.write(move |c| Box::pin(async move { newer.execute(c).await.stored().map(drop) })).await.unwrap();
        commit(&database, event("ada", 1)).await;
        let rows = outbox.unsent(&Shard::all().collect::<Vec<_>>(), 3).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.event.subject.as_str()).collect::<Vec<_>>(), ["ada"]);
        assert_eq!(outbox.lag().await.unwrap().rows, 4);
    }
}
