//! Every call ends: at its own deadline, or at that of the work that it is part of.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use kit::context::Context;
use kit::{ErrorCode, Left};
use testkit::until;
use wire::drain::Drain;
use wire::{Network, Peer, Pipes};

use crate::support::{
    Authority, CALLEE, CALLER, Certificates, LONG, Manner, Relay, Replica, anywhere, find, find_within, peer, settle,
};

const SHORT: Duration = Duration::from_millis(300);

/// A replica, reached over pipes and over TLS.
fn both(replica: &Replica) -> [Peer; 2] {
    let (pipes, drain) = (Network::Pipes(Pipes::default()), Drain::default());
    pipes.serve(CALLEE, replica.grpc(), None, &drain).unwrap();
    let certificates = Certificates::of(&Authority::new());
    let running = replica.serve(&certificates.tls(CALLEE), anywhere());
    [pipes.connect(CALLER, CALLEE), peer(&certificates.tls(CALLER), &running.address.to_string())]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_peer_is_left_at_the_deadline_and_stops_working() {
    let (replica, given_up) = (Replica::new("one"), Arc::new(AtomicU32::new(0)));
    for peer in both(&replica) {
        find(&peer).await.unwrap();
        replica.behaves(Manner::Stalls(given_up.clone()));
        let before = given_up.load(Ordering::SeqCst);
        let began = Instant::now();
        let late = find_within(&peer, SHORT).await.unwrap_err();
        assert_eq!((late.code, late.left), (ErrorCode::DeadlineExceeded, Left::Unknown), "{late}");
        assert!((SHORT..LONG / 2).contains(&began.elapsed()), "{:?}", began.elapsed());
        until(|| async { given_up.load(Ordering::SeqCst) }, |given_up| *given_up == before + 1).await;
        replica.behaves(Manner::Answers);
        assert_eq!(find(&peer).await.unwrap(), "one", "others on the same connection are served");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_takes_connections_and_says_nothing_is_left_at_the_deadline() {
    let certificates = Certificates::of(&Authority::new());
    let mute = std::net::TcpListener::bind(anywhere()).unwrap();
    let peer = peer(&certificates.tls(CALLER), &mute.local_addr().unwrap().to_string());
    let began = Instant::now();
    let late = find_within(&peer, SHORT).await.unwrap_err();
    assert_eq!((late.code, late.left), (ErrorCode::PeerUnavailable, Left::Nothing), "{late}");
    assert!((SHORT..LONG / 2).contains(&began.elapsed()), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_vanishes_without_a_word_is_noticed_long_before_the_deadline() {
    let certificates = Certificates::of(&Authority::new());
    let replica = Replica::new("one");
    let running = replica.serve(&certificates.tls(CALLEE), anywhere());
    let relay = Relay::to(running.address).await;
    let caller = peer(&certificates.tls(CALLER), &relay.address.to_string());
    replica.behaves(Manner::Stalls(Arc::default()));
    let began = Instant::now();
    let under_way = tokio::spawn({
        let caller = caller.clone();
        async move { settle(&caller).await }
    });
    until(|| async { replica.calls() }, |calls| *calls == 1).await;
    relay.hold();
    let lost = under_way.await.unwrap().unwrap_err();
    assert_eq!((lost.code, lost.left), (ErrorCode::PeerUnavailable, Left::Unknown), "{lost}");
    assert!(began.elapsed() < LONG / 3, "{:?}", began.elapsed());
    replica.behaves(Manner::Answers);
    assert_eq!(find(&caller).await.unwrap(), "one", "the next call takes another connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_a_call_ends_with_that_call() {
    let replica = Replica::new("one");
    for peer in both(&replica) {
        find_within(&peer, Duration::from_secs(5)).await.unwrap();
        let left = replica.left().unwrap();
        assert!(left <= Duration::from_secs(5) && left > Duration::from_secs(1), "{left:?}");
        // As part of a call that has two seconds left, a minute is two seconds.
        let outer = Context::default().with_deadline(tokio::time::Instant::now() + Duration::from_secs(2));
        outer.carry(find_within(&peer, LONG)).await.unwrap();
        let left = replica.left().unwrap();
        assert!(left <= Duration::from_secs(2), "{left:?}");
        // A call without a deadline gets the usual one.
        let request = proto::v1::FindAllocationRequest::default();
        crate::support::client(&peer).find(request).await.unwrap();
        assert!(replica.left().unwrap() <= wire::peer::DEADLINE);
    }
}
