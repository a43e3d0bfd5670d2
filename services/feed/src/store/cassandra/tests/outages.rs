//! Cassandra away, at the start or later, gone or only silent: what needs it hears so in time, and it is found again.

use std::time::{Duration, Instant};

use kit::{Ambient, ErrorCode, Failure, Left, MachineId, UserId};
use testkit::until;

use super::proxy::{Mode, Proxy};
use super::{CassandraFeed, CassandraSettings, Keyspace, alone, shared};
use crate::domain::{Stance, Standing};
use crate::ports::{CountStore as _, LikeStore as _};

/// An operation has five seconds; a busy test machine may take a moment more to notice.
const ALLOWED: Duration = Duration::from_millis(5500);

/// A feed behind a proxy, with the deadlines of production.
struct Bench {
    proxy: Proxy,
    feed: CassandraFeed,
    ambient: Ambient,
    machine: MachineId,
}

/// What a feed of production is told about a proxy.
async fn behind_proxy(keyspace: &Keyspace) -> (Proxy, CassandraSettings) {
    let (proxy, behind) = keyspace.behind_proxy().await;
    let settings = CassandraSettings::new(behind.0.contact_points, behind.0.keyspace);
    (proxy, settings)
}

impl Bench {
    async fn like(&self) -> Result<Standing, Failure> {
        let user = UserId::mint(&self.ambient);
        self.feed.set(user, self.machine, Some(Stance::Like), self.ambient.now()).await
    }

    /// What needs Cassandra fails as it should, each in time.
    async fn is_refused(&self) {
        let (began, machines) = (Instant::now(), [self.machine]);
        let asked = tokio::join!(self.like(), self.feed.counts(&machines), self.feed.ping());
        assert!(began.elapsed() < ALLOWED, "it took {:?}", began.elapsed());
        let codes = [asked.0.unwrap_err().code, asked.1.unwrap_err().code, asked.2.unwrap_err().code];
        assert_eq!(codes, [ErrorCode::StoreUnavailable; 3]);
    }
}

#[tokio::test]
async fn a_cassandra_that_is_away_at_the_start_is_said_to_be() {
    let test = |keyspace: Keyspace| async move {
        let (proxy, settings) = behind_proxy(&keyspace).await;
        for mode in [Mode::Closed, Mode::Stalled] {
            proxy.set(mode);
            let connected = CassandraFeed::connect(settings.clone(), Ambient::system()).await;
            assert_eq!(connected.err().map(|failure| failure.code), Some(ErrorCode::StoreUnavailable), "{mode:?}");
        }
        proxy.set(Mode::Open);
        let connect = || async { CassandraFeed::connect(settings.clone(), Ambient::system()).await.is_ok() };
        until(connect, |connected| *connected).await;
    };
    shared(test).await;
}

#[tokio::test]
async fn a_cassandra_that_goes_away_is_found_again_and_until_then_all_hear_so_in_time() {
    let test = |keyspace: Keyspace| async move {
        let (proxy, settings) = behind_proxy(&keyspace).await;
        let ambient = Ambient::system();
        let feed = CassandraFeed::connect(settings, ambient.clone()).await.unwrap();
        let bench = Bench { proxy, feed, machine: MachineId::mint(&ambient), ambient };
        bench.like().await.unwrap();
        for mode in [Mode::Closed, Mode::Stalled] {
            bench.proxy.set(mode);
            bench.is_refused().await;
            bench.proxy.set(Mode::Open);
            until(|| async { bench.like().await.is_ok() }, |liked| *liked).await;
        }
        let standing = bench.feed.standing(None, bench.machine).await.unwrap();
        assert!(standing.likes >= 3, "{standing:?}");
    };
    shared(test).await;
}

/// Two of three replicas are nowhere: the node that is there still answers what only it is asked.
#[tokio::test]
async fn without_a_majority_the_feed_is_not_ready_and_nothing_happens() {
    let test = |keyspace: Keyspace| async move {
        let (feed, ambient) = (keyspace.feed().await, Ambient::system());
        feed.ping().await.unwrap();
        let copies = "replication = {'class': 'SimpleStrategy', 'replication_factor': 3}";
        feed.link.run(&format!("ALTER KEYSPACE {} WITH {copies}", keyspace.0.keyspace)).await.unwrap();
        until(|| feed.ping(), Result::is_err).await.unwrap_err();
        let (user, machine) = (UserId::mint(&ambient), MachineId::mint(&ambient));
        let refused = feed.set(user, machine, Some(Stance::Like), ambient.now()).await.unwrap_err();
        assert_eq!((refused.code, refused.left), (ErrorCode::StoreUnavailable, Left::Nothing));
    };
    alone(test).await;
}
