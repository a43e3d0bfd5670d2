//! From sign-up to four programs that answer their own clients, through their logs and every verb, to nothing left.

use std::time::Duration;

use berth_tests::engine::Holdings;
use berth_tests::person::nothing;
use berth_tests::shell::sh;
use berth_tests::socket::Heard;
use berth_tests::{Allocation, Berth, Person, until, until_within};
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// What is promised: after this nothing of a closed session is open.
const REVOKED_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn four_machines_answer_their_own_clients_until_they_are_removed() {
    let berth = Berth::start().await;
    let mut ada = berth.person("ada").await;
    refresh(&mut ada).await;
    assert_eq!(ada.used().await, nothing());
    let made = join_all(["redis", "postgres", "mariadb", "nginx"].map(|machine| ada.running(machine, machine))).await;
    for allocation in &made {
        let line = ada.connection(&allocation.id, command_of(&allocation.name)).await;
        let answer = sh(&line, question_of(&allocation.name)).await.expect(&line);
        assert!(is_answer(&allocation.name, &answer), "{line} answered {answer}");
    }
    let used = ada.used().await;
    assert_eq!((&used["instances"], &used["ports"]), (&json!(4), &json!(4)));
    let all = Holdings { containers: 4, sandboxes: 4, volumes: 4, networks: 1, loops: 4 };
    assert_eq!(berth.engine().holdings(), all);
    join_all(made.iter().map(|allocation| ada.remove(&allocation.id))).await;
    assert_eq!(ada.used().await, nothing());
    let left = || async { berth.engine().holdings() };
    until("the engine to be empty", left, |left| *left == Holdings::default()).await;
}

/// The way to connect that is a command for a terminal.
fn command_of(machine: &str) -> &'static str {
    match machine {
        "redis" => "redis-cli",
        "postgres" => "psql",
        "mariadb" => "mariadb",
        _ => "curl",
    }
}

fn question_of(machine: &str) -> &'static str {
    match machine {
        "redis" => "SET name ada\nGET name\n",
        "postgres" => {
            "\\set QUIET on\n\\pset format unaligned\n\\pset tuples_only on\nCREATE TABLE t (n int);\n\
                       INSERT INTO t VALUES (41), (1);\nSELECT sum(n) FROM t;\n"
        }
        "mariadb" => "CREATE TABLE t (n INT); INSERT INTO t VALUES (41), (1); SELECT SUM(n) AS n FROM t;",
        _ => "",
    }
}

fn is_answer(machine: &str, text: &str) -> bool {
    match machine {
        "redis" => text == "OK\nada",
        "postgres" => text == "42",
        "mariadb" => text == "n\n42",
        _ => text.contains("<title>"),
    }
}

async fn refresh(person: &mut Person) {
    let old = person.tokens.clone();
    let reply = person.post("/user/refresh", &json!({"refresh_token": old.refresh_token})).await;
    person.tokens = reply.expect_as(200);
    assert_ne!(person.tokens.refresh_token, old.refresh_token);
    assert_eq!(person.get("/user/me").await.expect(200)["email"], person.email);
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_start_and_restart_keep_port_and_data() {
    let berth = Berth::start().await;
    let ada = berth.person("ada").await;
    let redis = ada.running("redis", "cache").await;
    let line = ada.connection(&redis.id, "redis-cli").await;
    assert_eq!(sh(&line, "SET name ada\n").await.expect("SET"), "OK");

    let (status, stopped) = ada.change(&redis.id, "stop").await;
    assert_eq!((status, stopped.state.as_str(), stopped.desired.as_str()), (200, "stopped", "stopped"));
    assert!(TcpStream::connect(redis.address()).await.is_err(), "the port of a stopped one is open");
    assert_eq!(ada.used().await["instances"], 1, "a stopped one counts in full");

    let (status, started) = ada.change(&redis.id, "start").await;
    assert_eq!((status, started.state.as_str(), &started.ports), (200, "running", &redis.ports));
    assert_eq!(sh(&line, "GET name\n").await.expect("GET"), "ada");

    let sandbox = berth.engine().sandbox(&redis.id).unwrap().started_at().to_owned();
    let before = berth.engine().container(&redis.id).unwrap().started_at().to_owned();
    let (status, restarted) = ada.change(&redis.id, "restart").await;
    assert_eq!((status, restarted.state.as_str(), &restarted.ports), (200, "running", &redis.ports));
    assert_ne!(berth.engine().container(&redis.id).unwrap().started_at(), before);
    assert_eq!(berth.engine().sandbox(&redis.id).unwrap().started_at(), sandbox, "a restart keeps the network");
    assert_eq!(sh(&line, "GET name\n").await.expect("GET"), "ada");
    looks_inside(&ada, &restarted).await;
}

/// What inspection and ledger tell, and what they do not.
async fn looks_inside(ada: &Person, redis: &Allocation) {
    let reply = ada.get(&format!("/allocations/{}/inspect", redis.id)).await;
    let told = reply.expect(200);
    assert_eq!((&told["image"], &told["container"]["state"]), (&json!("redis:7.0"), &json!("running")));
    assert!(told["image_digest"].as_str().is_some_and(|digest| digest.contains("sha256:")), "{told}");
    let uri = ada.connection(&redis.id, "uri").await;
    let password = uri.split([':', '@']).nth(2).unwrap();
    let home = ada.data_of_the_platform().to_string_lossy().into_owned();
    for secret in [password, &home, "/var/lib/docker"] {
        assert!(!reply.text.contains(secret), "{secret} is in {}", reply.text);
    }
    let events = ada.get(&format!("/allocations/{}/events", redis.id)).await.expect(200);
    let mut states: Vec<&str> =
        events["items"].as_array().unwrap().iter().filter_map(|event| event["state"].as_str()).collect();
    states.reverse();
    let lasting = |state: &&str| matches!(*state, "requested" | "running" | "stopped");
    let lasting: Vec<&str> = states.iter().copied().filter(lasting).collect();
    assert_eq!(lasting, ["requested", "running", "stopped", "running", "running"], "{states:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_live_on_both_protocols_and_a_plain_download() {
    let berth = Berth::start().await;
    let ada = berth.person("ada").await;
    let redis = ada.running("redis", "cache").await;

    // Running is when it answers; its lines come a moment later.
    let mut by_header = ada.follow(&redis.id).await;
    by_header.until_line("Ready to accept").await;

    let mut browser = berth.anyone().follow(&redis.id).await;
    browser.say(&json!({"event": "AUTH", "token": ada.tokens.access_token})).await;
    let stored = browser.until_type("ready").await;
    let is_there = |frame: &Value| frame["line"].as_str().is_some_and(|line| line.contains("Ready to accept"));
    assert!(stored.iter().any(is_there), "what was stored comes first: {stored:?}");

    let mut older = berth.anyone().socket("/interact").await;
    older.say(&json!({"event": "SEND_LOGS", "containerId": redis.id, "token": ada.tokens.access_token})).await;
    older.until_line("Ready to accept").await;
    older.until_type("ready").await;

    let line = ada.connection(&redis.id, "redis-cli").await;
    sh(&line, "BGREWRITEAOF\n").await.expect("BGREWRITEAOF");
    let (one, two) = (by_header.until_line("rewriting").await, browser.until_line("rewriting").await);
    assert_eq!(one.last(), two.last(), "two viewers see one log");
    older.until_line("rewriting").await;
    older.say(&json!({"event": "CLOSE_LOGS"})).await;

    // A client that comes back with its last place misses nothing and gets nothing twice.
    let seq = one.last().unwrap()["seq"].as_str().unwrap().to_owned();
    sh(&line, "CONFIG SET loglevel verbose\nBGREWRITEAOF\n").await.expect("BGREWRITEAOF");
    let mut again = ada.socket(&format!("/interact/allocations/{}/logs?since={seq}", redis.id)).await;
    let Heard::Frame(first) = again.hear().await else { panic!("closed") };
    assert!(first["seq"].as_str().is_some_and(|next| next > seq.as_str()), "{first} after {seq}");

    let download = ada.get(&format!("/allocations/{}/logs?tail=1000", redis.id)).await;
    download.expect(200);
    assert_eq!(download.header("content-type"), Some("text/plain; charset=utf-8"));
    assert!(download.text.contains("Ready to accept") && download.text.contains("rewriting"), "{}", download.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_holds_for_tokens_and_open_sockets() {
    let berth = Berth::start().await;
    let mut ada = berth.person("ada").await;
    let redis = ada.running("redis", "cache").await;
    let mut socket = ada.follow(&redis.id).await;
    socket.until_type("ready").await;
    ada.post("/user/logout", &Value::Null).await.expect(204);
    ada.get("/user/me").await.expect_refusal(401, "session_closed");
    let refresh = json!({"refresh_token": ada.tokens.refresh_token});
    ada.post("/user/refresh", &refresh).await.expect_refusal(401, "refresh_token_invalid");
    // Services beside user hear of it a moment later.
    let ending = socket.ending_within(REVOKED_WITHIN).await;
    assert_eq!(ending, (Some("session_closed".to_owned()), 4401));
    let look = || ada.get("/allocations");
    let refused = until_within(REVOKED_WITHIN, "the token to be refused", look, |reply| reply.status != 200).await;
    refused.expect_refusal(401, "session_closed");
    ada.log_in().await;
    assert_eq!(ada.show(&redis.id).await.state, "running", "a logout stops nothing else");
}
