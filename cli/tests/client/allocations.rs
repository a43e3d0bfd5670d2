//! Allocations from their making to their removal.

use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::platform::{Platform, Reply, list};
use crate::support::{ID, allocation, answering, done, usual};

#[tokio::test]
async fn a_create_survives_a_lost_answer_and_a_pause_under_one_key() {
    let platform = Platform::start(|asked, before| match (asked.line.as_str(), before) {
        ("POST /allocations", 0) => Reply::HangUp,
        ("POST /allocations", 1) => Reply::Problem(503, "store_unavailable", vec![("retry-after", "0".into())]),
        ("POST /allocations", _) => Reply::Json(201, allocation("creating")),
        (line, before) if line.starts_with("GET /allocations/") => {
            Reply::Json(200, allocation(if before == 0 { "starting" } else { "running" }))
        }
        _ => usual(asked, "creating"),
    })
    .await;
    let client = Client::logged_in(&platform.url, "a", "r");
    let ran = client.run("--json create redis --name demo --wait --memory 256MiB").await;
    assert_eq!((ran.code, ran.json()), (0, allocation("running")), "{}", ran.err);
    let asked = platform.asked("POST /allocations");
    assert_eq!(asked[0].body, json!({"machine_id": ID, "name": "demo", "limits": {"memory": 268_435_456}}));
    assert_eq!(asked[0].header("prefer"), "wait=20");
    assert_eq!(asked[0].header("idempotency-key").len(), 36);
    assert!(
        asked.len() == 3 && asked.iter().all(|one| one.header("idempotency-key") == asked[0].header("idempotency-key"))
    );
    let waited = platform.asked(&format!("GET /allocations/{ID}"));
    assert_eq!(waited[0].query, "wait_for=running&timeout=20");
}

#[tokio::test]
async fn a_create_that_need_not_wait_comes_back_at_once() {
    let platform = Platform::start(|asked, _| match asked.line.as_str() {
        "POST /allocations" => Reply::Json(201, allocation("requested")),
        _ => usual(asked, "requested"),
    })
    .await;
    let client = Client::logged_in(&platform.url, "a", "r");
    assert_eq!(client.run("--json create redis --no-wait").await.json()["state"], "requested");
    assert_eq!(platform.asked("POST /allocations")[0].header("prefer"), "");
}

#[tokio::test]
async fn an_allocation_that_fails_is_told_with_its_reason_and_a_code_of_its_own() {
    let platform = Platform::start(|asked, _| match asked.line.as_str() {
        "POST /allocations" => {
            let mut failed = allocation("failed");
            failed["reason"] = json!({"code": "readiness_timeout", "detail": "Redis did not answer in time."});
            Reply::Json(201, failed)
        }
        _ => usual(asked, "failed"),
    })
    .await;
    let client = Client::logged_in(&platform.url, "a", "r");
    let ran = client.run("create redis").await;
    assert_eq!((ran.code, ran.out.as_str()), (8, ""));
    assert_eq!(ran.err, "berth: demo failed: Redis did not answer in time. (readiness_timeout)\n");
    let ran = client.run("--json create redis").await;
    let problem: Value = serde_json::from_str(&ran.err).unwrap();
    assert_eq!((ran.code, &ran.json()["state"], &problem["code"]), (8, &json!("failed"), &json!("readiness_timeout")));
}

#[tokio::test]
async fn a_start_waits_for_its_goal_and_a_restart_is_never_made_twice() {
    let platform = Platform::start(|asked, _| match asked.line.as_str() {
        line if line.ends_with("/start") => Reply::Json(202, allocation("starting")),
        line if line.ends_with("/restart") => Reply::HangUp,
        line if line.starts_with("GET /allocations/") => Reply::Json(200, allocation("running")),
        _ => usual(asked, "stopped"),
    })
    .await;
    let client = Client::logged_in(&platform.url, "a", "r");
    assert_eq!(client.run("start demo").await.out, "demo is running\n");
    assert_eq!(platform.asked(&format!("POST /allocations/{ID}/start")).len(), 1);
    assert_eq!(client.run("restart demo").await.code, 7);
    assert_eq!(platform.asked(&format!("POST /allocations/{ID}/restart")).len(), 1);
}

#[tokio::test]
async fn a_removal_takes_its_options_along_and_waits_for_the_end() {
    let platform = Platform::start(|asked, _| match asked.line.as_str() {
        line if line.starts_with("DELETE ") => Reply::Json(202, allocation("removing")),
        line if line.starts_with("GET /allocations/") => Reply::Json(200, allocation("removed")),
        _ => usual(asked, "running"),
    })
    .await;
    let client = Client::logged_in(&platform.url, "a", "r");
    assert_eq!(client.run("rm demo --force --yes").await.out, "demo is removed\n");
    assert_eq!(platform.asked(&format!("DELETE /allocations/{ID}"))[0].query, "force=true");
}

#[tokio::test]
async fn a_removal_without_a_word_is_refused_where_nobody_can_be_asked() {
    let line = format!("DELETE /allocations/{ID}");
    let (platform, client) = answering(&line, Reply::Json(200, allocation("removed"))).await;
    for command in ["rm demo", "rm demo --force --no-wait", "--json rm demo"] {
        let ran = client.run(command).await;
        assert!(ran.code == 2 && ran.err.contains("Give --yes."), "{command}: {ran:?}");
    }
    assert!(platform.asked(&line).is_empty());
    assert_eq!(client.run("rm demo --yes").await.code, 0);
    assert_eq!(platform.asked(&line).len(), 1);
}

#[tokio::test]
async fn lists_are_read_to_their_end() {
    let platform = Platform::start(|asked, before| match (asked.line.as_str(), before) {
        ("GET /allocations", 0) => Reply::Json(200, json!({"items": [allocation("running")], "next_cursor": "c1"})),
        _ => usual(asked, "stopped"),
    })
    .await;
    let client = Client::logged_in(&platform.url, "a", "r");
    let ran = client.run("ls").await;
    let states: Vec<&str> = ran.out.lines().skip(1).filter_map(|line| line.split_whitespace().nth(2)).collect();
    assert_eq!(states, ["running", "stopped"], "{ran:?}");
    assert!(platform.asked("GET /allocations")[1].query.contains("cursor=c1"));
}

#[tokio::test]
async fn a_connection_is_given_to_programs_as_it_came() {
    let answer = json!({"host": "127.0.0.1", "port": 20001, "ports": [], "properties": {"password": "p"},
        "connections": [{"name": "cli", "kind": "command", "value": "redis-cli -h 127.0.0.1 -p 20001"}]});
    let given = answer.clone();
    let platform = Platform::start(move |asked, _| match asked.line.as_str() {
        line if line.ends_with("/connection") => Reply::Json(200, given.clone()),
        _ => usual(asked, "running"),
    })
    .await;
    let client = Client::logged_in(&platform.url, "a", "r");
    assert_eq!(client.run("--json connect demo").await.json(), answer);
    assert!(client.run("connect demo").await.out.contains("redis-cli -h 127.0.0.1 -p 20001"));
}

#[tokio::test]
async fn a_list_is_filtered_and_sorted_by_the_platform() {
    let words = ["ls", "--state", "running", "--machine", "redis", "-q", "de", "--sort", "-name"];
    let (asked, _) = done("GET /allocations", list(&[allocation("running")]), &words).await;
    assert_eq!(asked.query, format!("state=running&machine_id={ID}&q=de&sort=-name&limit=200"));
}

#[tokio::test]
async fn a_list_of_nothing_is_a_sentence_and_no_table() {
    let (_, client) = answering("GET /allocations", list(&[])).await;
    for filter in ["--state failed", "--machine redis", "--name demo", "-q de"] {
        let ran = client.run(&format!("ls {filter}")).await;
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", "None of yours fits.\n"), "{filter}");
    }
    for line in ["ls", "ls --sort name"] {
        let ran = client.run(line).await;
        assert!(ran.out.is_empty() && ran.err.starts_with("There are none yet."), "{line}: {ran:?}");
    }
    let ran = client.run("--json ls --name demo").await;
    assert_eq!((ran.json(), ran.err.as_str()), (json!({"items": []}), ""));
}

#[tokio::test]
async fn other_lists_of_nothing_are_sentences_too() {
    for (path, line) in [
        ("/machines", "machines --category game"),
        ("/user/me/audit", "audit --action fly"),
        ("/user", "admin users --admin true"),
        (&format!("/feed/{ID}/comments"), &format!("comments ls {ID}")),
    ] {
        let (_, client) = answering(&format!("GET {path}"), list(&[])).await;
        let ran = client.run(line).await;
        assert!(ran.code == 0 && ran.out.is_empty() && ran.err.lines().count() == 1, "{line}: {ran:?}");
    }
}

#[tokio::test]
async fn an_allocation_gets_another_name() {
    let line = format!("PATCH /allocations/{ID}");
    let (asked, shown) = done(&line, Reply::Json(200, allocation("running")), &["rename", "demo", "cache"]).await;
    assert_eq!((asked.body, shown.as_str()), (json!({"name": "cache"}), "demo is cache now\n"));
}

#[tokio::test]
async fn events_tell_what_happened_and_why() {
    let event = json!({"at": "2026-01-31T09:30:00Z", "state": "failed", "cause": "crash", "actor": null,
        "reason": {"code": "oom_killed", "detail": "Too little memory."}});
    let line = format!("GET /allocations/{ID}/events");
    let (asked, shown) = done(&line, list(&[event]), &["events", "demo", "--limit", "10"]).await;
    assert_eq!(asked.query, "limit=10");
    assert_eq!(shown.lines().nth(1), Some("2026-01-31 09:30:00  failed  crash      Too little memory."));
}
