//! Certificates change while services run: nobody restarts, and no call fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use testkit::until;

use crate::support::{Authority, CALLEE, CALLER, Certificates, Relay, Replica, anywhere, find, peer};

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_renewed_under_traffic() {
    let authority = Authority::new();
    let certificates = Certificates::of(&authority);
    let replica = Replica::new("one");
    let server = certificates.tls(CALLEE);
    let running = replica.serve(&server, anywhere());
    let relay = Relay::to(running.address).await;
    let tls = certificates.tls(CALLER);
    let caller = peer(&tls, &relay.address.to_string());
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let traffic = tokio::spawn({
        let (stop, done, caller) = (stop.clone(), done.clone(), caller.clone());
        async move {
            while !stop.load(Ordering::SeqCst) {
                find(&caller).await.unwrap();
                done.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let (before, old) = (tls.not_after(), done.load(Ordering::SeqCst));
    until(|| async { done.load(Ordering::SeqCst) }, |calls| *calls > old + 10).await;
    for service in [CALLER, CALLEE] {
        let uri = format!("berth://service/{service}");
        certificates.write(&format!("{service}.pem"), &authority.issue(&[&uri], 2998));
    }
    assert!(tls.not_after() < before && server.not_after() < before);
    // Connections that are made from here on use the new ones.
    let old = done.load(Ordering::SeqCst);
    relay.cut();
    until(|| async { done.load(Ordering::SeqCst) }, |calls| *calls > old + 10).await;
    stop.store(true, Ordering::SeqCst);
    traffic.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_authorities_are_trusted_at_once_and_then_only_the_new_one() {
    let (old, new) = (Authority::new(), Authority::new());
    let certificates = Certificates::of(&old);
    let replica = Replica::new("one");
    let running = replica.serve(&certificates.tls(CALLEE), anywhere());
    let address = running.address.to_string();
    let fresh = || peer(&certificates.tls(CALLER), &address);
    assert_eq!(find(&fresh()).await.unwrap(), "one");

    certificates.write("ca.pem", &(new.pem.clone() + &old.pem));
    certificates.write("user.pem", &new.of(CALLER));
    assert_eq!(find(&fresh()).await.unwrap(), "one", "one end is of the old, one of the new");
    certificates.write("allocation.pem", &new.of(CALLEE));
    assert_eq!(find(&fresh()).await.unwrap(), "one");

    certificates.write("ca.pem", &new.pem);
    assert_eq!(find(&fresh()).await.unwrap(), "one");
    certificates.write("user.pem", &old.of(CALLER));
    assert!(find(&fresh()).await.is_err(), "the old one is not trusted any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_used_leave_the_old_ones_in_use() {
    let authority = Authority::new();
    let certificates = Certificates::of(&authority);
    let running = Replica::new("one").serve(&certificates.tls(CALLEE), anywhere());
    let tls = certificates.tls(CALLER);
    let good = std::fs::read_to_string(certificates.file("user.pem")).unwrap();
    let half = &good[..good.len() / 2];
    for broken in ["", half, "nonsense", &authority.of(CALLEE)] {
        certificates.write("user.pem", broken);
        assert_eq!(find(&peer(&tls, &running.address.to_string())).await.unwrap(), "one", "{broken}");
    }
    std::fs::remove_file(certificates.file("ca.pem")).unwrap();
    assert_eq!(find(&peer(&tls, &running.address.to_string())).await.unwrap(), "one");
}
