//! Several addresses behind one name, some of them away: calls go on with the others.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kit::{Ambient, ErrorCode, Left};
use testkit::until;
use wire::peer::names::Resolver;
use wire::{Network, Peer, TlsNetwork};

use crate::support::{Authority, CALLEE, CALLER, Certificates, Relay, Replica, anywhere, find, peer, settle};

/// Who answers in `calls` calls.
async fn answer(peer: &Peer, calls: u32) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for _ in 0..calls {
        names.insert(find(peer).await.unwrap());
    }
    names
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_dies_is_missed_at_once_and_found_when_it_is_back() {
    let certificates = Certificates::of(&Authority::new());
    let replica = Replica::new("one");
    let running = replica.serve(&certificates.tls(CALLEE), anywhere());
    let address = running.address;
    let relay = Relay::to(address).await;
    let caller = peer(&certificates.tls(CALLER), &relay.address.to_string());
    assert_eq!(find(&caller).await.unwrap(), "one");
    running.stop();
    running.drain.tracker.wait().await;
    relay.cut();
    let refused = until(|| find(&caller), Result::is_err).await.unwrap_err();
    assert_eq!((refused.code, refused.left), (ErrorCode::PeerUnavailable, Left::Nothing), "{refused}");
    let began = Instant::now();
    assert!(find(&caller).await.is_err());
    assert!(began.elapsed() < Duration::from_secs(5), "nothing is waited for: {:?}", began.elapsed());

    let _again = replica.serve(&certificates.tls(CALLEE), address);
    assert_eq!(until(|| find(&caller), Result::is_ok).await.unwrap(), "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_share_the_calls_and_one_goes_on_without_the_other() {
    let certificates = Certificates::of(&Authority::new());
    let tls = certificates.tls(CALLEE);
    let replicas = ["one", "two"].map(Replica::new);
    let running = replicas.each_ref().map(|replica| replica.serve(&tls, anywhere()));
    let relays = [Relay::to(running[0].address).await, Relay::to(running[1].address).await];
    let addresses = relays.each_ref().map(|relay| relay.address.to_string()).join(", ");
    let caller = peer(&certificates.tls(CALLER), &addresses);
    until(|| answer(&caller, 4), |seen| *seen == names(&["one", "two"])).await;
    let before = replicas.each_ref().map(Replica::calls);
    for _ in 0..20 {
        find(&caller).await.unwrap();
    }
    let shares = [0, 1].map(|at| replicas[at].calls() - before[at]);
    assert!(shares.iter().all(|share| *share >= 5), "{shares:?}");

    running[0].stop();
    running[0].drain.tracker.wait().await;
    relays[0].cut();
    // Reads do not notice; a command is told to others only.
    assert_eq!(answer(&caller, 20).await, names(&["two"]));
    for _ in 0..20 {
        settle(&caller).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_where_nobody_answers_does_not_slow_the_others() {
    let certificates = Certificates::of(&Authority::new());
    let running = Replica::new("one").serve(&certificates.tls(CALLEE), anywhere());
    // Takes connections and never says a word: the first two seconds of each attempt are spent there.
    let mute = std::net::TcpListener::bind(anywhere()).unwrap();
    let nobody = { std::net::TcpListener::bind(anywhere()).unwrap().local_addr().unwrap() };
    let addresses = format!("{},{nobody},{}", mute.local_addr().unwrap(), running.address);
    let caller = peer(&certificates.tls(CALLER), &addresses);
    assert_eq!(find(&caller).await.unwrap(), "one");
    let began = Instant::now();
    assert_eq!(answer(&caller, 50).await, names(&["one"]));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

/// Names whose addresses a test changes; none at all while whoever answers for names is away.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<Option<Vec<SocketAddr>>>>);

impl Book {
    fn says(&self, addresses: Option<Vec<SocketAddr>>) {
        *self.0.lock().unwrap() = addresses;
    }
}

#[async_trait::async_trait]
impl Resolver for Book {
    async fn resolve(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        assert_eq!(name, "allocation.berth:7000");
        self.0.lock().unwrap().clone().ok_or_else(|| io::ErrorKind::TimedOut.into())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_followed_to_other_addresses() {
    let certificates = Certificates::of(&Authority::new());
    let tls = certificates.tls(CALLEE);
    let running = ["one", "two"].map(|name| Replica::new(name).serve(&tls, anywhere()));
    let [one, two] = running.each_ref().map(|running| running.address);
    let book = Book::default();
    let network = TlsNetwork::with_resolver(
        certificates.tls(CALLER),
        [(CALLEE, "allocation.berth:7000".to_owned())],
        Ambient::system(),
        Arc::new(book.clone()),
        Duration::from_millis(10),
    );
    let caller = Network::Tls(network).connect(CALLER, CALLEE);
    let unknown = find(&caller).await.unwrap_err();
    assert!(unknown.to_string().contains("cannot be looked up"), "{unknown}");
    book.says(Some(Vec::new()));
    let unknown = until(|| find(&caller), |found| format!("{found:?}").contains("has no address")).await;
    assert_eq!(unknown.unwrap_err().code, ErrorCode::PeerUnavailable);

    for (addresses, expected) in
        [(vec![one], names(&["one"])), (vec![one, two], names(&["one", "two"])), (vec![two], names(&["two"]))]
    {
        book.says(Some(addresses));
        until(|| async { find(&caller).await.ok() }, |name| name.as_ref().is_some_and(|name| expected.contains(name)))
            .await;
        until(|| answer(&caller, 8), |seen| *seen == expected).await;
    }
    // Whoever answers for names is away: what was known is used.
    book.says(None);
    assert_eq!(answer(&caller, 20).await, names(&["two"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_an_address_says_so() {
    let certificates = Certificates::of(&Authority::new());
    let network = TlsNetwork::new(certificates.tls(CALLER), [], Ambient::system());
    let missing = find(&Network::Tls(network).connect(CALLER, CALLEE)).await.unwrap_err();
    assert_eq!(missing.code, ErrorCode::PeerUnavailable);
    assert!(missing.to_string().contains("allocation: no address is configured"), "{missing}");
}
