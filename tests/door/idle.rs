//! Ten thousand that connect and say nothing: they cost little, and others are served.

use berth_tests::door::Door;
use berth_tests::person::http_client;
use berth_tests::{Receiver, until};

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
        // From a few addresses: one has too few ports for all.
        quiet.push(door.connect(&format!("127.0.0.{}", 2 + number % 8)).await);
    }
    let accepted = || async { door.open_files() };
    until("all to be accepted", accepted, |open| *open >= MANY).await;
    let cost = door.memory().saturating_sub(before);
    assert!(cost <= MANY as u64 * BYTES_EACH, "{MANY} connections cost {cost} bytes");
    eprintln!("{MANY} quiet connections cost {} bytes each", cost / MANY as u64);
    assert_eq!(serve().await, 200);
    // Who says nothing for ten seconds goes.
    until("the quiet ones to be ended", accepted, |open| *open < 200).await;
    assert_eq!(serve().await, 200);
    assert!(quiet.len() == MANY, "none was given up by its client");
}
