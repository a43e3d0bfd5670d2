//! Replicas that come and go behind an open door.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use berth_tests::door::Door;
use berth_tests::person::http_client;
use berth_tests::{Receiver, until};

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_come_and_go_are_followed_without_a_lost_request() {
    let (first, second) = (Receiver::start().await, Receiver::start().await);
    // By a name that stands for two addresses, one of which nobody listens on.
    let named = |receiver: &Receiver| receiver.address().replace("127.0.0.1", "localhost");
    let door = Door::before(&named(&first), &[("DOOR_REQUESTS", "100000"), ("DOOR_BURST", "100000")]).await;
    let (stop, served) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
    let repeated = Arc::<AtomicUsize>::default();
    let load = {
        let (stop, served, repeated) = (stop.clone(), served.clone(), repeated.clone());
        let (url, http) = (door.url("/machines"), http_client());
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                // NGINX that reads its configuration again hangs up on who is between two requests, and does not look whether
                // the next is on its way: it was not read, and is sent again.
                let mut reply = http.get(&url).send().await;
                if reply.is_err() {
                    repeated.fetch_add(1, Ordering::Relaxed);
                    reply = http.get(&url).send().await;
                }
                assert_eq!(reply.expect("the door answers").status(), 200);
                served.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    let count = |receiver: &Receiver| receiver.received().len();
    until("the first to be asked", || async { count(&first) }, |count| *count > 20).await;
    assert_eq!(count(&second), 0);
    door.move_to(|_| format!("{},{}", first.address(), second.address()));
    until("the second to be asked too", || async { count(&second) }, |count| *count > 20).await;
    door.move_to(|_| second.address());
    let quiet = || async {
        let before = (count(&first), served.load(Ordering::Relaxed));
        until("some more requests", || async { served.load(Ordering::Relaxed) }, |now| *now > before.1 + 20).await;
        count(&first) == before.0
    };
    until("the first not to be asked any longer", quiet, |quiet| *quiet).await;
    stop.store(true, Ordering::Relaxed);
    load.await.unwrap();
    let asked = (first.received().len() + second.received().len(), served.load(Ordering::Relaxed));
    assert_eq!(asked.0, asked.1, "each request came through once");
    eprintln!("{} requests, {} of them sent twice", asked.1, repeated.load(Ordering::Relaxed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_cannot_be_read_changes_nothing() {
    let receiver = Receiver::start().await;
    let door = Door::before(&receiver.address(), &[]).await;
    door.move_to(|_| "no-such-host.invalid:80".to_owned());
    let marker = Receiver::start().await;
    // A name that is not known keeps the addresses of before; the place after it is heard of all the same.
    door.move_to(|service| if service == "feed" { marker.address() } else { "no-such-host.invalid:80".to_owned() });
    let ask = || async { http_client().get(door.url("/feed/x/like")).send().await.unwrap().status() };
    until(
        "the feed's new place to be asked",
        || async {
            ask().await;
            marker.received().len()
        },
        |count| *count > 0,
    )
    .await;
    assert_eq!(http_client().get(door.url("/machines")).send().await.unwrap().status(), 200);
    assert!(receiver.received().iter().any(|request| request.path == "/machines"));
}
