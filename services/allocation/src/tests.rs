//! Several processes of the service over one MySQL database and one site: one of them dies, sleeps or goes in the middle of
//! its work, and the other does what is left, once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use kit::AllocationId;
use sql::Database;
use testkit::databases::{Lent, Shelf};
use testkit::{Who, until, until_within};

use crate::contract::{World, plenty};
use crate::domain::allocation::Allocation;
use crate::domain::lifecycle::State;
use crate::store::sql::Settings;
use crate::store::sql::tests::{SETS, mysql, settings};
use crate::testing::process::Process;
use crate::testing::service::Bench;
use crate::testing::site::Site;
use crate::testing::{FakeEngine, Stall};

/// Longer than a lease lasts.
const LEASE: Duration = Duration::from_secs(11);
/// What a creation changes on the engine, once.
const MADE: [&str; 5] = ["ensure_volume", "ensure_network", "ensure_sandbox", "ensure_container", "start_container"];

/// A database, a site, and the world as the test sees it.
struct Bed {
    world: World,
    site: Arc<Site>,
    settings: Settings,
    url: String,
}

impl Bed {
    async fn lend(shelf: &Shelf) -> Self {
        let (database, lent) = shelf.lend().await;
        Self::over(database, lent)
    }

    fn over(database: Database, lent: Lent) -> Self {
        let (settings, url) = (settings(), lent.url());
        Self { world: mysql::world_of(database, settings.clone(), lent), site: Arc::new(Site::here()), settings, url }
    }

    fn process(&self) -> Process {
        Process::start(&self.url, &self.settings, self.site.clone())
    }

    fn engine(&self) -> &FakeEngine {
        &self.site.engine
    }

    async fn create(&self) -> Allocation {
        self.world.store.create(self.world.tenant, self.world.new_allocation(), plenty()).await.unwrap().0
    }

    async fn until(&self, id: AllocationId, state: State) -> Allocation {
        let look = || async { self.world.fleet.find(id).await.unwrap().unwrap() };
        until(look, |now| now.state == state && !now.working).await
    }

    /// Lets what hangs at the site come to its end.
    fn release(&self) {
        self.engine().heal();
        self.engine().released.notify_waiters();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_replica_had_begun_is_brought_to_its_end_and_nothing_is_done_twice() {
    let shelf = Shelf::new(4, &SETS);
    let verbs = ["ensure_image", "ensure_sandbox", "ensure_container", "start_container", "wait_ready"];
    let stalls = verbs.into_iter().flat_map(|verb| [(verb, Stall::Before), (verb, Stall::After)]);
    join_all(stalls.map(|(verb, stall)| die_and_take_over(&shelf, verb, stall))).await;
}

async fn die_and_take_over(shelf: &Shelf, verb: &'static str, stall: Stall) {
    let bed = Bed::lend(shelf).await;
    bed.engine().stall(verb, stall);
    let first = bed.process();
    let made = bed.create().await;
    bed.engine().stalled.notified().await;
    first.kill();
    let _second = bed.process();
    bed.world.time.pass(LEASE).await;
    let epoch = || async { bed.world.fleet.find(made.id).await.unwrap().unwrap().epoch };
    until(epoch, |epoch| *epoch > 1).await;
    // Only now does the site bring to its end what the dead one commanded.
    bed.release();
    bed.until(made.id, State::Running).await;
    assert_eq!(bed.engine().changes(made.id), MADE, "{verb} {stall:?}");
    assert_eq!(bed.engine().left(), (1, 1, 1, 1), "{verb} {stall:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_slept_too_long_wakes_and_changes_nothing() {
    let shelf = Shelf::new(1, &SETS);
    let bed = Bed::lend(&shelf).await;
    bed.engine().stall("ensure_container", Stall::Before);
    let first = bed.process();
    let made = bed.create().await;
    bed.engine().stalled.notified().await;
    let sleep = first.pause();
    let second = bed.process();
    bed.world.time.pass(LEASE).await;
    let epoch = || async { bed.world.fleet.find(made.id).await.unwrap().unwrap().epoch };
    until(epoch, |epoch| *epoch > 1).await;
    bed.release();
    let running = bed.until(made.id, State::Running).await;
    second.kill();
    drop(sleep);
    // Whoever does this is awake again.
    let other = bed.create().await;
    bed.until(other.id, State::Running).await;
    assert_eq!(bed.engine().changes(made.id), MADE);
    assert_eq!(bed.world.fleet.find(made.id).await.unwrap(), Some(running), "and nothing was recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_goes_hands_its_work_over_at_once() {
    let shelf = Shelf::new(1, &SETS);
    let bed = Bed::lend(&shelf).await;
    bed.engine().stall("wait_ready", Stall::Before);
    let first = bed.process();
    let made = bed.create().await;
    bed.engine().stalled.notified().await;
    let began = Instant::now();
    first.stop();
    let _second = bed.process();
    bed.engine().heal();
    let epoch = || async { bed.world.fleet.find(made.id).await.unwrap().unwrap().epoch };
    until(epoch, |epoch| *epoch > 1).await;
    assert!(began.elapsed() < LEASE, "it did not wait for the lease to run out");
    bed.release();
    bed.until(made.id, State::Running).await;
    assert_eq!(bed.engine().changes(made.id), MADE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_replicas_work_and_turns_are_taken_over_within_fifteen_seconds() {
    let shelf = Shelf::new(1, &SETS);
    let bed = Bed::lend(&shelf).await;
    for verb in ["inventory", "wait_ready"] {
        bed.engine().stall(verb, Stall::Before);
    }
    let first = bed.process();
    let made = bed.create().await;
    let calls = || async { (bed.engine().calls("inventory"), bed.engine().calls("wait_ready")) };
    until(calls, |calls| *calls == (1, 1)).await;
    let _second = bed.process();
    bed.engine().heal();
    first.kill();
    let taken_over = || async {
        let epoch = bed.world.fleet.find(made.id).await.unwrap().unwrap().epoch;
        (bed.engine().calls("inventory"), epoch)
    };
    let fifteen = Duration::from_secs(15);
    until_within(fifteen, "another replica", taken_over, |(looked, epoch)| *looked == 2 && *epoch == 2).await;
    bed.release();
    bed.until(made.id, State::Running).await;
    assert_eq!(bed.engine().changes(made.id), MADE);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_at_one_replica_hears_of_what_another_did() {
    let shelf = Shelf::new(1, &SETS);
    let bed = Bed::lend(&shelf).await;
    let (there, here) = mysql::worlds_of(&bed.url, &bed.settings);
    let (worker, asked) = (Bench::over(there), Bench::over(here));
    let (_, token) = asked.login(Who::Verified);
    let id = asked.create(&token, "cache").await;
    let path = format!("/allocations/{id}?wait_for=running&timeout=30");
    let waiting = async {
        let began = Instant::now();
        let (status, found) = asked.get(&token, &path).await;
        (status, found["state"].clone(), began.elapsed())
    };
    let (_, (status, state, waited)) = tokio::join!(worker.until(id, State::Running), waiting);
    assert_eq!((status, state.as_str()), (200, Some("running")));
    assert!(waited < Duration::from_secs(10), "{waited:?}");
}
