//! Clients that send what no client should: requests in requests, and requests that never end.

use std::time::Duration;

use berth_tests::door::Door;
use berth_tests::person::http_client;
use berth_tests::{Receiver, until_within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Requests that two readers could cut apart at different places. `SMUGGLED` is a whole second request, where one shows.
const AMBIGUOUS: [(&str, &str); 14] = [
    ("a length and chunks", "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nSMUGGLED"),
    ("two lengths", "Content-Length: 0\r\nContent-Length: 44\r\n\r\nSMUGGLED"),
    ("two lengths in one line", "Content-Length: 0, 44\r\n\r\nSMUGGLED"),
    ("a length with a sign", "Content-Length: +5\r\n\r\nSMUGGLED"),
    ("a length in hexadecimal", "Content-Length: 0x5\r\n\r\nSMUGGLED"),
    ("an unknown coding", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\nSMUGGLED"),
    ("a coding behind another", "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\nSMUGGLED"),
    ("two codings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\nSMUGGLED"),
    ("a blank before the colon", "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\nSMUGGLED"),
    ("a line that goes on", "X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\nSMUGGLED"),
    ("a zero byte", "X: a\0b\r\nContent-Length: 0\r\n\r\nSMUGGLED"),
    ("a chunk's size that is none", "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\nSMUGGLED"),
    ("a chunk's size that overflows", "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nSMUGGLED"),
    ("two hosts", "Host: y\r\nContent-Length: 0\r\n\r\nSMUGGLED"),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_request_hides_in_another() {
    let receiver = Receiver::start().await;
    let door = Door::before(&receiver.address(), &[]).await;
    for (what, rest) in AMBIGUOUS {
        let smuggled = "GET /machines/hidden HTTP/1.1\r\nHost: x\r\n\r\n";
        let request = format!("POST /machines/outer HTTP/1.1\r\nHost: x\r\n{}", rest.replace("SMUGGLED", smuggled));
        let answer = door.raw("127.0.0.1", request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("Connection: close"), "{what}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{what}: {answer}");
    }
    // What came before it passes on whole requests only, each with its length.
    assert!(receiver.received().iter().all(|request| !request.path.contains("hidden")), "{:?}", receiver.received());
    let chunks = "POST /machines/whole HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    assert!(door.raw("127.0.0.1", chunks.as_bytes()).await.starts_with("HTTP/1.1 200"));
    let came = receiver.until("the whole one", |request| request.path.ends_with("whole")).await;
    assert_eq!((came.header("content-length"), came.header("transfer-encoding"), came.text.as_str()), ("3", "", "abc"));
}

const HEAD: &[u8] = b"GET /machines HTTP/1.1\r\nHost: x\r\nX-";
const BODY: &[u8] = b"POST /machines HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx";

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_never_end_are_ended_and_hold_nobody_up() {
    let receiver = Receiver::start().await;
    let door = Door::before(&receiver.address(), &[]).await;
    let mut slow = Vec::new();
    for number in 0..300 {
        let mut stream = door.connect("127.0.0.2").await;
        let is_head = number % 2 == 0;
        stream.write_all(if is_head { HEAD } else { BODY }).await.unwrap();
        slow.push((is_head, stream));
    }
    let drip = tokio::spawn(drip(slow));
    for _ in 0..20 {
        let reply = http_client().get(door.url("/machines")).send().await.unwrap();
        assert_eq!(reply.status(), 200);
    }
    let ended = until_within(
        Duration::from_secs(60),
        "the slow ones to be ended",
        || async { drip.is_finished() },
        |done| *done,
    );
    ended.await;
    assert_eq!(drip.await.unwrap(), 300);
    let came = receiver.received();
    assert!(came.iter().all(|request| request.method == "GET"), "no half of a body went on");
}

/// Sends a little more of each head, as who means to stay does, and nothing of the bodies, until all were ended.
async fn drip(mut slow: Vec<(bool, TcpStream)>) -> usize {
    let mut pace = tokio::time::interval(Duration::from_millis(500));
    let mut ended = 0;
    while !slow.is_empty() {
        pace.tick().await;
        let mut left = Vec::new();
        for (is_head, mut stream) in slow {
            let (mut seen, waits) = ([0; 1], Duration::from_millis(1));
            if tokio::time::timeout(waits, stream.read(&mut seen)).await.is_ok() {
                ended += 1;
                continue;
            }
            if is_head {
                drop(stream.write_all(b"a").await);
            }
            left.push((is_head, stream));
        }
        slow = left;
    }
    ended
}
