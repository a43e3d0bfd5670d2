//! What is tried again: reads, where the peer could not be reached or was lost. Never a command.

use kit::{ErrorCode, Left};

use crate::support::{Authority, CALLEE, CALLER, Certificates, Manner, Relay, Replica, anywhere, find, peer, settle};

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_read_is_asked_twice_more_and_a_lost_command_never() {
    let certificates = Certificates::of(&Authority::new());
    let replica = Replica::new("one");
    let running = replica.serve(&certificates.tls(CALLEE), anywhere());
    let relay = Relay::to(running.address).await;
    let caller = peer(&certificates.tls(CALLER), &relay.address.to_string());
    find(&caller).await.unwrap();
    replica.behaves(Manner::Cuts(relay.clone()));

    let before = replica.calls();
    let lost = settle(&caller).await.unwrap_err();
    assert_eq!((lost.code, lost.left), (ErrorCode::PeerUnavailable, Left::Unknown), "{lost}");
    assert_eq!(replica.calls(), before + 1);

    replica.behaves(Manner::Answers);
    testkit::until(|| find(&caller), Result::is_ok).await.unwrap();
    replica.behaves(Manner::Cuts(relay));
    let before = replica.calls();
    let lost = find(&caller).await.unwrap_err();
    assert_eq!(lost.code, ErrorCode::PeerUnavailable);
    let asked = replica.calls() - before;
    assert!((2..=3).contains(&asked), "asked {asked} times: {lost}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_could_not_be_sent_says_that_nothing_happened() {
    let certificates = Certificates::of(&Authority::new());
    let nobody = std::net::TcpListener::bind(anywhere()).unwrap().local_addr().unwrap();
    let refused = settle(&peer(&certificates.tls(CALLER), &nobody.to_string())).await.unwrap_err();
    assert_eq!((refused.code, refused.left), (ErrorCode::PeerUnavailable, Left::Nothing), "{refused}");
}
