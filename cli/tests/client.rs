//! The client against a platform that answers what each test says: logins, allocations, logs and what goes wrong.

mod support;

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};
use support::client::Client;
use support::platform::{Asked, Platform, Reply};

const ID: &str = "0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a";
const LOGS: &str = "GET /interact/allocations/0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a/logs";

fn allocation(state: &str) -> Value {
    let ports = json!([{"name": "redis", "container_port": 6379, "host_port": 20001, "protocol": "tcp"}]);
    json!({"id": ID, "name": "demo", "machine_id": "m", "desired": "running", "state": state, "reason": null,
           "host": "127.0.0.1", "ports": ports})
}

fn list(items: &[Value]) -> Reply {
    Reply::Json(200, json!({ "items": items, "next_cursor": null }))
}

fn nothing_there() -> Reply {
    Reply::Problem(404, "route_not_found", vec![])
}

/// A platform with one Redis named demo in a state, and one machine named redis.
fn usual(asked: &Asked, state: &str) -> Reply {
    match asked.line.as_str() {
        "GET /machines" => list(&[json!({"id": "m", "name": "redis"})]),
        "GET /allocations" if asked.query.contains("name=other") => list(&[]),
        "GET /allocations" => list(&[allocation(state)]),
        _ => nothing_there(),
    }
}

#[tokio::test]
async fn a_login_is_kept_and_used_and_never_printed() {
    let platform = Platform::start(|asked, _| match asked.line.as_str() {
        "POST /user/login" => Reply::Json(
            200,
            json!({"access_token": "one", "refresh_token": "two", "token_type": "Bearer", "expires_in": 900}),
        ),
        "GET /user/me" => Reply::Json(200, json!({"id": "u", "email": "ada@example.org", "verified": true})),
        _ => nothing_there(),
    })
    .await;
    let client = Client::new(&platform.url);
    let ran = client.run("--json login --email ada@example.org --password hunter2hunter2").await;
    assert_eq!((ran.code, ran.json()["email"].as_str()), (0, Some("ada@example.org")));
    assert!(!ran.out.contains("one") && !ran.err.contains("one"), "{ran:?}");
    let mode = std::fs::metadata(client.credentials()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let ran = client.run("whoami").await;
    assert!(ran.code == 0 && ran.out.contains("ada@example.org"), "{ran:?}");
    assert_eq!(platform.asked("GET /user/me")[0].header("authorization"), "Bearer one");
}

#[tokio::test]
async fn an_account_is_made_with_the_fields_of_the_interface() {
    let platform = Platform::start(|asked, _| match asked.line.as_str() {
        "POST /user/signup" => Reply::Json(201, json!({"id": "u"})),
        "POST /user/otp" => Reply::Json(202, Value::Null),
        "POST /user/verify" => Reply::Json(200, json!({"verified": true})),
        _ => nothing_there(),
    })
    .await;
    let client = Client::new(&platform.url);
    let signup = "--json signup --email a@b.org --password hunter2hunter2 --first-name Demo --last-name Berth";
    assert_eq!(client.run(signup).await.code, 0);
    let body = json!({"email": "a@b.org", "password": "hunter2hunter2", "first_name": "Demo", "last_name": "Berth"});
    assert_eq!(platform.asked("POST /user/signup")[0].body, body);
    assert_eq!(client.run("--json otp --email a@b.org").await.json(), json!({}));
    assert_eq!(client.run("--json verify --email a@b.org --otp 012345").await.json(), json!({"verified": true}));
    assert_eq!(platform.asked("POST /user/verify")[0].body, json!({"email": "a@b.org", "otp": "012345"}));
}

/// Knows the access token `new` only, and gives it once for `good`.
fn renewing(asked: &Asked, before: usize) -> Reply {
    match asked.line.as_str() {
        "POST /user/refresh" if before == 0 && asked.body["refresh_token"] == "good" => {
            Reply::Json(200, json!({"access_token": "new", "refresh_token": "next"}))
        }
        "POST /user/refresh" => Reply::Problem(401, "refresh_token_invalid", vec![]),
        _ if asked.header("authorization") != "Bearer new" => Reply::Problem(401, "token_expired", vec![]),
        _ => Reply::Json(200, json!({"id": "u", "email": "ada@example.org"})),
    }
}

#[tokio::test]
async fn many_commands_at_once_renew_an_expired_token_once() {
    let platform = Platform::start(renewing).await;
    let client = Client::logged_in(&platform.url, "old", "good");
    let runs = (0..6).map(|_| client.run("--json whoami"));
    for ran in futures::future::join_all(runs).await {
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    assert_eq!(platform.asked("POST /user/refresh").len(), 1);
}

#[tokio::test]
async fn a_login_that_cannot_be_renewed_is_forgotten() {
    let platform = Platform::start(renewing).await;
    let client = Client::logged_in(&platform.url, "old", "bad");
    for _ in 0..2 {
        let ran = client.run("whoami").await;
        assert!(ran.code == 3 && ran.err.contains("berth login"), "{ran:?}");
    }
    assert_eq!(platform.asked("POST /user/refresh").len(), 1);
}

#[tokio::test]
async fn logging_out_ends_the_session_and_forgets_it() {
    let platform = Platform::start(|_, _| Reply::Json(204, Value::Null)).await;
    let client = Client::logged_in(&platform.url, "a", "r");
    assert_eq!(client.run("logout").await.code, 0);
    assert_eq!(platform.asked("POST /user/logout").len(), 1);
    assert_eq!(client.run("whoami").await.code, 3);
}

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
    assert_eq!(asked[0].body, json!({"machine_id": "m", "name": "demo", "limits": {"memory": 268_435_456}}));
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
    assert_eq!(client.run("rm demo --force --keep-volumes").await.out, "demo is removed\n");
    assert_eq!(platform.asked(&format!("DELETE /allocations/{ID}"))[0].query, "force=true&keep_volumes=true");
}

#[tokio::test]
async fn each_refusal_has_its_sentence_its_problem_and_its_exit_code() {
    let refusals = [(400, 2), (401, 3), (403, 4), (404, 5), (409, 6), (429, 1), (500, 1), (504, 7)];
    for (status, code) in refusals {
        let platform = Platform::start(move |_, _| Reply::Problem(status, "a_code", vec![])).await;
        let client = Client::logged_in(&platform.url, "a", "r");
        let ran = client.run("quota").await;
        assert_eq!((ran.code, ran.err.as_str()), (code, "berth: It is a_code.\n"), "{status}");
        let problem: Value = serde_json::from_str(&client.run("--json quota").await.err).unwrap();
        assert_eq!((&problem["status"], &problem["code"]), (&json!(status), &json!("a_code")));
    }
}

#[tokio::test]
async fn nobody_listening_not_logged_in_and_nothing_of_that_name_are_told_apart() {
    let client = Client::logged_in("http://127.0.0.1:1", "a", "r");
    let ran = client.run("ls").await;
    assert!(ran.code == 7 && ran.err.contains("cannot be reached"), "{ran:?}");
    let platform = Platform::start(|asked, _| usual(asked, "running")).await;
    assert_eq!(Client::new(&platform.url).run("ls").await.code, 3);
    let client = Client::logged_in(&platform.url, "a", "r");
    let ran = client.run("show other").await;
    assert_eq!((ran.code, ran.err.as_str()), (5, "berth: There is no allocation named `other`.\n"));
    assert_eq!(client.run("show No_Name").await.code, 2);
    assert_eq!(client.run("login --email a@b.org").await.code, 2, "nobody can be asked for the password");
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
