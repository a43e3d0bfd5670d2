//! Logging in and out, and the life of a login in between.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::platform::{Asked, Platform, Reply, nothing_there};

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

/// Knows the access token `new` only, and gives it once for `good`.
pub fn renewing(asked: &Asked, before: usize) -> Reply {
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
