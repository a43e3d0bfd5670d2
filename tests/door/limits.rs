//! So much from one address, and no more; others are not touched by it.

use berth_tests::Receiver;
use berth_tests::door::Door;
use futures::future::join_all;
use tokio::io::AsyncWriteExt as _;

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_so_many_requests() {
    let receiver = Receiver::start().await;
    let door = Door::before(&receiver.address(), &[("DOOR_REQUESTS", "1"), ("DOOR_BURST", "5")]).await;
    let ask = |from: &'static str| door.raw(from, b"GET /machines HTTP/1.0\r\n\r\n");
    let answers = join_all((0..20).map(|_| ask("127.0.0.2"))).await;
    let refused: Vec<&String> = answers.iter().filter(|answer| answer.starts_with("HTTP/1.1 429")).collect();
    assert!((10..=15).contains(&refused.len()), "{} of 20 were refused", refused.len());
    for answer in refused {
        assert!(answer.contains("\"code\":\"rate_limited\"") && answer.contains("Retry-After: 1"), "{answer}");
    }
    assert!(ask("127.0.0.3").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_so_many_requests_under_way() {
    let receiver = Receiver::start().await;
    let door = Door::before(&receiver.address(), &[("DOOR_CONNECTIONS", "3")]).await;
    let mut under_way = Vec::new();
    for _ in 0..3 {
        let mut stream = door.connect("127.0.0.2").await;
        stream.write_all(b"POST /machines HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n").await.unwrap();
        under_way.push(stream);
    }
    let ask = |from: &'static str| door.raw(from, b"GET /machines HTTP/1.0\r\n\r\n");
    let refused = || async { ask("127.0.0.2").await };
    let told = berth_tests::until("the fourth to be refused", refused, |answer| answer.starts_with("HTTP/1.1 429"));
    assert!(told.await.contains("rate_limited"));
    assert!(ask("127.0.0.3").await.starts_with("HTTP/1.1 200"));
    under_way.clear();
    let served = || async { ask("127.0.0.2").await };
    berth_tests::until("it to be served again", served, |answer| answer.starts_with("HTTP/1.1 200")).await;
}
