//! One reader on each container, through restarts of the container, of Berth and of the engine.

use std::sync::Arc;
use std::time::Duration;

use kit::{AllocationId, Clock as _};
use testkit::{TestClock, until};
use tokio::sync::Notify;
use wire::drain::Drain;

use super::{Scripted, World, line, numbered, texts};
use crate::logs::{Bounds, Followers, LogStore, Phase};

struct Site {
    world: World,
    source: Arc<Scripted>,
    store: Arc<LogStore>,
    drain: Drain,
    clock: TestClock,
    wake: Arc<Notify>,
}

impl Site {
    fn start() -> Self {
        let world = World::new();
        let store = world.store.clone();
        let (source, drain, clock) = (Arc::default(), Drain::default(), TestClock::default());
        let mut site = Self { world, source, store, drain, clock, wake: Arc::default() };
        site.restart();
        site
    }

    /// Another process on the same files.
    fn restart(&mut self) {
        self.drain.stop.cancel();
        self.drain = Drain::default();
        self.store = self.world.reopened(Bounds::default());
        let followers = Followers::new(self.source.clone(), self.store.clone(), self.clock.ambient());
        let scheduled = followers.scheduled();
        self.wake = scheduled.wake.clone();
        self.wake.notify_one();
        scheduled.start(&self.drain);
    }

    async fn stops(&self) {
        self.drain.stop.cancel();
        self.drain.tracker.close();
        self.drain.tracker.wait().await;
    }

    fn allocation(&self) -> AllocationId {
        self.world.allocation
    }

    /// Waits until exactly this is stored.
    async fn stores(&self, expected: &[&str]) {
        let log = self.store.log(self.allocation());
        until(|| async { texts(&log) }, |texts| texts == expected).await;
    }

    async fn is_in(&self, phase: Phase) {
        let log = self.store.log(self.allocation());
        until(|| async { *log.phase().borrow() }, |present| *present == phase).await;
    }
}

#[tokio::test]
async fn a_container_is_read_once_and_live() {
    let site = Site::start();
    site.source.start(site.allocation(), "c1");
    site.source.write("c1", numbered(1..=2));
    site.stores(&["1", "2"]).await;
    site.source.write("c1", numbered(3..=3));
    site.stores(&["1", "2", "3"]).await;
    site.is_in(Phase::Running).await;
    assert_eq!(site.source.readings(), 1);
}

#[tokio::test]
async fn a_program_that_fails_at_once_says_why() {
    let site = Site::start();
    site.source.start(site.allocation(), "c1");
    site.source.write("c1", numbered(1..=1));
    site.source.stop("c1");
    site.is_in(Phase::Ended).await;
    site.stores(&["1"]).await;
}

#[tokio::test]
async fn a_container_that_runs_again_goes_on_in_the_same_epoch_and_another_one_in_a_new() {
    let site = Site::start();
    site.source.start(site.allocation(), "c1");
    site.source.write("c1", numbered(1..=2));
    site.stores(&["1", "2"]).await;
    site.source.stop("c1");
    site.is_in(Phase::Ended).await;
    site.source.start(site.allocation(), "c1");
    site.source.write("c1", numbered(3..=3));
    site.stores(&["1", "2", "3"]).await;
    site.is_in(Phase::Running).await;
    let page = site.store.log(site.allocation()).page(None).unwrap();
    assert!(page.entries.iter().all(|entry| entry.seq.epoch == page.entries[0].seq.epoch));
    site.source.remove("c1");
    site.source.start(site.allocation(), "c2");
    site.source.write("c2", numbered(1..=1));
    site.stores(&["1", "2", "3", "1"]).await;
}

#[tokio::test]
async fn a_restart_of_berth_loses_and_repeats_nothing() {
    let mut site = Site::start();
    site.source.start(site.allocation(), "c1");
    site.source.write("c1", numbered(1..=2));
    site.stores(&["1", "2"]).await;
    site.stops().await;
    site.source.write("c1", numbered(3..=4));
    site.restart();
    site.stores(&["1", "2", "3", "4"]).await;
    site.stops().await;
    site.source.write("c1", numbered(5..=9));
    site.source.rotate_away("c1", 6);
    site.restart();
    site.stores(&["1", "2", "3", "4", "…", "7", "8", "9"]).await;
}

#[tokio::test]
async fn the_last_words_of_a_container_that_ended_meanwhile_are_read() {
    let mut site = Site::start();
    site.source.start(site.allocation(), "c1");
    site.source.write("c1", numbered(1..=1));
    site.stores(&["1"]).await;
    site.stops().await;
    site.source.write("c1", numbered(2..=3));
    site.source.stop("c1");
    site.restart();
    site.stores(&["1", "2", "3"]).await;
    site.is_in(Phase::Ended).await;
}

#[tokio::test]
async fn an_engine_that_was_away_is_read_again() {
    let site = Site::start();
    site.source.set_away(true);
    site.source.start(site.allocation(), "c1");
    site.source.write("c1", numbered(1..=1));
    site.source.set_away(false);
    site.wake.notify_one();
    site.stores(&["1"]).await;
}

#[tokio::test]
async fn a_container_that_is_gone_has_ended() {
    let site = Site::start();
    site.source.start(site.allocation(), "c1");
    site.source.write("c1", numbered(1..=1));
    site.stores(&["1"]).await;
    site.source.remove("c1");
    site.is_in(Phase::Ended).await;
}

#[tokio::test]
async fn a_reader_that_fell_behind_begins_anew() {
    let site = Site::start();
    let now = site.clock.now().as_secs();
    site.source.start(site.allocation(), "c1");
    site.source.write("c1", vec![line(now, "live")]);
    site.stores(&["live"]).await;
    // The catching up may have taken that one; this one comes live.
    site.source.write("c1", vec![line(now + 1, "live too")]);
    site.stores(&["live", "live too"]).await;
    assert_eq!(site.source.readings(), 1);
    site.clock.advance(Duration::from_secs(60));
    site.source.write("c1", vec![line(now + 2, "late"), line(now + 60, "now")]);
    site.stores(&["live", "live too", "late", "now"]).await;
    until(|| async { site.source.readings() }, |readings| *readings == 2).await;
}
