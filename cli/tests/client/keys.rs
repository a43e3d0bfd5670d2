//! API keys: made and taken back, and used in place of a login.

use serde_json::json;

use crate::support::client::Client;
use crate::support::platform::{Platform, Reply, empty, list, nothing_there};
use crate::support::{ID, answering, done, user};

fn key(name: &str) -> serde_json::Value {
    json!({"id": ID, "name": name, "hint": "abcd", "scopes": ["logs:read"], "expires_at": null})
}

#[tokio::test]
async fn a_new_key_is_shown_once_with_a_word_of_warning() {
    let mut new = key("ci");
    new["key"] = json!("berth_secret");
    let (platform, client) = answering("POST /user/api-keys", Reply::Json(201, new)).await;
    let ran = client.run("keys create ci --scope logs:read,feed:write --scope profile:read --expires 90d").await;
    assert!(ran.out.contains("key      berth_secret\n") && ran.err.contains("not shown again"), "{ran:?}");
    let body = &platform.asked("POST /user/api-keys")[0].body;
    assert_eq!(body["scopes"], json!(["logs:read", "feed:write", "profile:read"]));
    let ends: kit::Timestamp = body["expires_at"].as_str().unwrap().parse().unwrap();
    assert!(ends > kit::Ambient::system().now());
    assert_eq!(client.run("--json keys create ci --scope logs:read").await.json()["key"], "berth_secret");
    assert_eq!(platform.asked("POST /user/api-keys")[1].body, json!({"name": "ci", "scopes": ["logs:read"]}));
}

#[tokio::test]
async fn keys_are_listed_and_taken_back_by_name() {
    let (_, shown) = done("GET /user/api-keys", list(&[key("ci")]), &["keys"]).await;
    assert!(shown.contains("ci    abcd     logs:read"), "{shown}");
    let platform = Platform::start(|asked, _| match asked.line.as_str() {
        "GET /user/api-keys" => list(&[key("ci"), key("two"), key("two")]),
        line if line.starts_with("DELETE /user/api-keys/") => empty(204),
        _ => nothing_there(),
    })
    .await;
    let client = Client::logged_in(&platform.url, "a", "r");
    assert_eq!(client.run("keys rm ci").await.code, 2, "nobody can be asked");
    assert_eq!(client.run("keys rm ci --yes").await.out, "ci stops working within a second or two.\n");
    assert_eq!(platform.asked(&format!("DELETE /user/api-keys/{ID}")).len(), 1);
    assert!(client.run("keys rm two --yes").await.err.contains("There are 2 named `two`"));
    assert_eq!(client.run("keys rm three --yes").await.code, 5);
}

#[tokio::test]
async fn a_key_in_the_environment_is_used_in_place_of_any_login() {
    let (platform, client) = answering("GET /user/me", Reply::Json(200, user())).await;
    let words = ["--url", &platform.url, "whoami"];
    assert_eq!(client.run_with(&words, &[("BERTH_TOKEN", "berth_key")], "").await.code, 0);
    assert_eq!(client.run_with(&words, &[("BERTH_TOKEN", "")], "").await.code, 0);
    let bearers: Vec<_> =
        platform.asked("GET /user/me").iter().map(|asked| asked.header("authorization").to_owned()).collect();
    assert_eq!(bearers, ["Bearer berth_key", "Bearer a"]);
}

#[tokio::test]
async fn a_key_is_never_renewed() {
    let (platform, client) = answering("GET /user/me", Reply::Problem(401, "token_expired", vec![])).await;
    let ran = client.run_with(&["--url", &platform.url, "whoami"], &[("BERTH_TOKEN", "berth_key")], "").await;
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(platform.asked("POST /user/refresh").is_empty());
}

#[tokio::test]
async fn a_key_is_kept_in_place_of_a_login_if_the_platform_knows_it() {
    let platform = Platform::start(|asked, _| match (asked.line.as_str(), asked.header("authorization")) {
        ("GET /user/me", "Bearer berth_wrong") => Reply::Problem(401, "unauthenticated", vec![]),
        ("GET /user/me", _) => Reply::Problem(403, "scope_missing", vec![]),
        ("GET /allocations", _) => list(&[]),
        _ => nothing_there(),
    })
    .await;
    let client = Client::new(&platform.url);
    let login = ["--url", &platform.url, "login", "--key"];
    assert_eq!(client.run_with(&login, &[("BERTH_TOKEN", "berth_wrong")], "").await.code, 3);
    let ran = client.run_with(&login, &[("BERTH_TOKEN", "berth_right")], "").await;
    assert!(ran.code == 0 && !ran.out.contains("berth_right"), "{ran:?}");
    assert_eq!(client.run("ls").await.code, 0);
    assert_eq!(platform.asked("GET /allocations")[0].header("authorization"), "Bearer berth_right");
    assert!(client.run("logout").await.out.contains("berth keys rm"));
    assert!(platform.asked("POST /user/logout").is_empty());
    assert_eq!(client.run("ls").await.code, 3);
}
