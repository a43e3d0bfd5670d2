//! Ten thousand that connect and say nothing: they cost little, and others are served.

use berth_tests::door::Door;
use berth_tests::person::http_client;
use berth_tests::{Receiver, until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const MANY: usize = 10_000;
/// What one may cost: NGINX gives a quiet connection a slot and a small pool.
const BYTES_EACH: u64 = 2_000;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_quiet_connections_cost_little_and_hold_nobody_up() {
    let receiver = Receiver::start().await;
    let door = Door::before(&receiver.address(), &[]).await;
    let serve = || async { http_client().get(door.url("/machines")).send().await.unwrap().status() };
    assert_eq!(serve().await, 200);
    let before = door.memory();
    let mut quiet = Vec::with_capacity(MANY);
    for number in 0..MANY {
        // From a few addresses: one has too few ports for all. Each tenth asks once, and is kept alive.
        let mut stream = door.connect(&format!("127.0.0.{}", 2 + number % 8)).await;
        if number % 10 == 0 {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
            let mut answer = [0; 512];
            let length = stream.read(&mut answer).await.unwrap();
            assert!(answer[..length].starts_with(b"HTTP/1.1 200"));
        }
        quiet.push(stream);
    }
    let accepted = || async { door.open_files() };
    until("all to be accepted", accepted, |open| *open >= MANY).await;
    let cost = door.memory().saturating_sub(before);
    assert!(cost <= MANY as u64 * BYTES_EACH, "{MANY} connections cost {cost} bytes");
    eprintln!("{MANY} quiet connections cost {} bytes each", cost / MANY as u64);
    assert_eq!(serve().await, 200);
    // Who says nothing for ten seconds goes; who asked something is kept for a minute more.
    until("those who never said a word to be ended", accepted, |open| *open < MANY / 10 + 200).await;
    assert_eq!(serve().await, 200);
    assert!(quiet.len() == MANY, "none was given up by its client");
}
