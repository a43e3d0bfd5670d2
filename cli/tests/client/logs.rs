//! Logs: downloaded, and followed through lost connections.

use serde_json::{Value, json};

use crate::login::renewing;
use crate::support::client::Client;
use crate::support::platform::{Platform, Reply};
use crate::support::{ID, usual};

const LOGS: &str = "GET /interact/allocations/0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a/logs";

#[tokio::test]
async fn a_log_so_far_is_one_download() {
    let platform = Platform::start(|asked, _| match asked.line.as_str() {
        line if line.ends_with("/logs") => Reply::Text("one\ntwo\n".into()),
        _ => usual(asked, "running"),
    })
    .await;
    let client = Client::logged_in(&platform.url, "a", "r");
    assert_eq!(client.run("logs demo --tail 2").await.out, "one\ntwo\n");
    assert_eq!(platform.asked(&format!("GET /allocations/{ID}/logs"))[0].query, "tail=2");
}

fn line(seq: &str) -> Value {
    json!({"type": "log", "seq": seq, "time": "2026-01-01T00:00:00Z", "stream": "stdout", "line": format!("line {seq}")})
}

#[tokio::test]
async fn a_follower_goes_on_behind_its_last_line_when_the_platform_comes_back() {
    let platform = Platform::start(|asked, before| match (asked.line.as_str(), before) {
        (LOGS, 0) => Reply::Socket(vec![json!({"type": "ready"}), line("1"), line("2")], 1012),
        (LOGS, 1) => Reply::HangUp,
        (LOGS, _) => Reply::Socket(
            vec![line("3"), json!({"type": "gap", "dropped": 5}), json!({"type": "end", "reason": "removed"})],
            1000,
        ),
        _ => usual(asked, "running"),
    })
    .await;
    let client = Client::logged_in(&platform.url, "a", "r");
    let ran = client.run("logs demo --tail 4 -f").await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "line 1\nline 2\nline 3\n"), "{}", ran.err);
    assert!(ran.err.contains("5 lines are missing") && ran.err.contains("removed"), "{}", ran.err);
    let asked = platform.asked(LOGS);
    let queries: Vec<&str> = asked.iter().map(|asked| asked.query.as_str()).collect();
    assert_eq!(queries, ["follow=true&tail=4", "follow=true&since=2", "follow=true&since=2"]);
    assert!(asked.iter().all(|asked| asked.header("authorization") == "Bearer a"));
}

#[tokio::test]
async fn a_follower_renews_its_token_and_programs_get_the_frames() {
    let platform = Platform::start(|asked, before| match asked.line.as_str() {
        LOGS if asked.header("authorization") != "Bearer new" => Reply::Socket(vec![], 4401),
        LOGS => Reply::Socket(vec![line("1"), json!({"type": "end", "reason": "stopped"})], 1000),
        "GET /allocations" => usual(asked, "running"),
        _ => renewing(asked, before),
    })
    .await;
    let client = Client::logged_in(&platform.url, "old", "good");
    let ran = client.run("--json logs demo -f").await;
    let frames: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(frames, [line("1"), json!({"type": "end", "reason": "stopped"})], "{ran:?}");
}

#[tokio::test]
async fn a_log_that_is_not_to_be_had_says_why() {
    for (frame, code, exit) in [
        (vec![json!({"type": "error", "code": "allocation_not_found", "detail": "There is none."})], 4404, 5),
        (vec![], 4403, 4),
        (vec![json!({"type": "error", "code": "user_not_verified", "detail": "Verify first."})], 4403, 4),
    ] {
        let platform = Platform::start(move |asked, _| match asked.line.as_str() {
            LOGS => Reply::Socket(frame.clone(), code),
            _ => usual(asked, "running"),
        })
        .await;
        let client = Client::logged_in(&platform.url, "a", "r");
        assert_eq!(client.run("logs demo -f").await.code, exit);
    }
}
