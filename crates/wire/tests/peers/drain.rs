//! A replica that stops: what it was asked before is answered, what comes after goes elsewhere.

use testkit::until;
use tokio_util::sync::CancellationToken;

use crate::support::{Authority, CALLEE, CALLER, Certificates, Manner, Replica, anywhere, find, peer, settle};

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_stops_answers_what_is_under_way_and_takes_nothing_new() {
    let certificates = Certificates::of(&Authority::new());
    let tls = certificates.tls(CALLEE);
    let (one, two) = (Replica::new("one"), Replica::new("two"));
    let running = [&one, &two].map(|replica| replica.serve(&tls, anywhere()));
    let caller = peer(&certificates.tls(CALLER), &running[0].address.to_string());
    let go = CancellationToken::new();
    one.behaves(Manner::Waits(go.clone()));
    let under_way = tokio::spawn({
        let caller = caller.clone();
        async move { settle(&caller).await }
    });
    until(|| async { one.calls() }, |calls| *calls == 1).await;

    let both = format!("{},{}", running[0].address, running[1].address);
    let other = peer(&certificates.tls(CALLER), &both);
    running[0].stop();
    for _ in 0..20 {
        assert_eq!(find(&other).await.unwrap(), "two");
    }
    until(|| find(&caller), Result::is_err).await.unwrap_err();
    assert_eq!(one.calls(), 1);
    // Whoever takes its place is called while it still ends what it has.
    let refuses = || async { tokio::net::TcpStream::connect(running[0].address).await.is_err() };
    until(refuses, |refused| *refused).await;
    let next = Replica::new("next").serve(&tls, running[0].address);
    assert_eq!(until(|| find(&caller), Result::is_ok).await.unwrap(), "next");
    next.stop();
    go.cancel();
    under_way.await.unwrap().unwrap();
    running[0].drain.tracker.wait().await;
}
