//! Webhooks over REST: who may, what is shown, what is refused.

use actix_web::http::Method;
use kit::Scope;
use serde_json::{Value, json};
use testkit::Who;

use crate::support::service::Notification;

async fn berth(directory: &tempfile::TempDir) -> Notification {
    let berth = Notification::start(directory.path(), "smtp://127.0.0.1:1").await;
    berth.names.answer(&[&["93.184.216.34"]]);
    berth
}

fn hook() -> Value {
    json!({"url": "https://hooks.example.org/ada", "events": ["allocation.failed", "user.updated"]})
}

async fn made(berth: &Notification, token: &str) -> Value {
    let (status, made) = berth.rest(token, Method::POST, "/webhooks", Some(hook())).await;
    assert_eq!(status, 201, "{made}");
    made
}

#[actix_web::test]
async fn a_webhook_is_made_shown_changed_and_removed_and_its_secret_shown_once() {
    let directory = tempfile::tempdir().unwrap();
    let berth = berth(&directory).await;
    let (_, _, token) = berth.known(Who::Verified).await;
    let made = made(&berth, &token).await;
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44, "{secret}");
    assert_eq!((&made["events"], &made["active"]), (&json!(["allocation.failed", "user.updated"]), &json!(true)));
    let path = format!("/webhooks/{}", made["id"].as_str().unwrap());
    let (status, listed) = berth.rest(&token, Method::GET, "/webhooks", None).await;
    assert_eq!((status, &listed["items"][0]["id"]), (200, &made["id"]));
    assert!(!listed.to_string().contains("whsec_"));
    let (status, changed) =
        berth.rest(&token, Method::PATCH, &path, Some(json!({"events": ["*"], "active": false}))).await;
    assert_eq!((status, &changed["events"], &changed["active"]), (200, &json!(["*"]), &json!(false)));
    assert_eq!(changed["url"], "https://hooks.example.org/ada");
    let (status, rotated) = berth.rest(&token, Method::POST, &format!("{path}/rotate"), None).await;
    assert_eq!(status, 200);
    assert_ne!(rotated["secret"], made["secret"]);
    assert_eq!(berth.rest(&token, Method::DELETE, &path, None).await.0, 204);
    let (status, problem) = berth.rest(&token, Method::DELETE, &path, None).await;
    assert_eq!((status, &problem["code"]), (404, &json!("webhook_not_found")));
    let acts = berth.acts().await;
    let verbs = ["create", "update", "rotate", "delete"].map(|verb| format!("notification.webhook_{verb}"));
    assert_eq!(acts.iter().map(|act| act.action.as_str()).collect::<Vec<_>>(), verbs);
    assert_eq!(acts[0].details["receiver"], "https://hooks.example.org", "a path may be a secret");
}

#[actix_web::test]
async fn secrets_are_sealed_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let berth = berth(&directory).await;
    let (_, _, token) = berth.known(Who::Verified).await;
    made(&berth, &token).await;
    let sealed: Vec<u8> =
        sql::query_scalar("SELECT secret FROM webhook").fetch_one(berth.database.readers()).await.unwrap();
    assert_eq!(sealed.len(), 24 + 32 + 16, "nonce, key and tag");
}

#[actix_web::test]
async fn what_is_wrong_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let berth = berth(&directory).await;
    let (_, _, token) = berth.known(Who::Verified).await;
    let url = |url: &str| json!({"url": url, "events": ["*"]});
    let table = [
        (url("x"), 400, "url"),
        (url("ftp://hooks.example.org/"), 400, "url"),
        (url("https://ada:secret@hooks.example.org/"), 400, "url"),
        (url("https://hooks.example.org/#x"), 400, "url"),
        (url("https://"), 400, "url"),
        (url(&format!("https://hooks.example.org/{}", "a".repeat(1_000))), 400, "url"),
        (json!({"url": "https://hooks.example.org/", "events": []}), 400, "events"),
        (json!({"url": "https://hooks.example.org/", "events": ["allocation.exploded"]}), 400, "events"),
        (json!({"url": "https://hooks.example.org/", "events": ["webhook.test"]}), 400, "events"),
        (json!({"url": "https://hooks.example.org/"}), 400, "events"),
        (json!({"url": "https://hooks.example.org/", "events": ["*"], "secret": "mine"}), 400, "secret"),
    ];
    for (body, status, field) in table {
        let (got, problem) = berth.rest(&token, Method::POST, "/webhooks", Some(body.clone())).await;
        assert_eq!((got, &problem["field"]), (status, &json!(field)), "{body} {problem}");
    }
    assert_eq!(berth.rest(&token, Method::GET, "/webhooks", None).await.1["items"], json!([]));
    assert_eq!(berth.rest(&token, Method::PATCH, "/webhooks/x", Some(json!({}))).await.1["field"], "id");
}

#[actix_web::test]
async fn a_strangers_webhook_is_not_there() {
    let directory = tempfile::tempdir().unwrap();
    let berth = berth(&directory).await;
    let ((_, _, ada), (_, _, eve)) = (berth.known(Who::Verified).await, berth.known(Who::Verified).await);
    let path = format!("/webhooks/{}", made(&berth, &ada).await["id"].as_str().unwrap());
    let calls = [
        (Method::PATCH, String::new(), Some(json!({"active": false}))),
        (Method::DELETE, String::new(), None),
        (Method::POST, "/rotate".to_owned(), None),
        (Method::POST, "/test".to_owned(), None),
        (Method::GET, "/deliveries".to_owned(), None),
    ];
    for (method, below, body) in calls {
        let (status, problem) = berth.rest(&eve, method, &format!("{path}{below}"), body).await;
        assert_eq!((status, &problem["code"]), (404, &json!("webhook_not_found")), "{below}");
    }
    assert_eq!(berth.rest(&eve, Method::GET, "/webhooks", None).await.1["items"], json!([]));
}

#[actix_web::test]
async fn the_eleventh_is_too_many() {
    let directory = tempfile::tempdir().unwrap();
    let berth = berth(&directory).await;
    let (_, _, token) = berth.known(Who::Verified).await;
    for _ in 0..10 {
        made(&berth, &token).await;
    }
    berth.names.answer(&[&["93.184.216.34"]]);
    let (status, problem) = berth.rest(&token, Method::POST, "/webhooks", Some(hook())).await;
    assert_eq!((status, &problem["code"]), (409, &json!("too_many")));
    assert_eq!(berth.names.asked(), 0, "nobody looks up what cannot be");
}

#[actix_web::test]
async fn keys_need_the_scope_and_the_unverified_stay_outside() {
    let directory = tempfile::tempdir().unwrap();
    let berth = berth(&directory).await;
    let (caller, token) = berth.door.login(Who::Verified);
    let (_, unverified) = berth.door.login(Who::Unverified);
    let reader = berth.door.api_key(&caller, &[Scope::NotificationsRead]);
    let writer = berth.door.api_key(&caller, &[Scope::NotificationsWrite]);
    made(&berth, &writer).await;
    assert_eq!(berth.rest(&reader, Method::GET, "/webhooks", None).await.0, 200);
    assert_eq!(berth.rest(&token, Method::GET, "/webhooks", None).await.1["items"].as_array().unwrap().len(), 1);
    assert_eq!(berth.rest(&reader, Method::POST, "/webhooks", Some(hook())).await.1["code"], "scope_missing");
    assert_eq!(berth.rest(&unverified, Method::POST, "/webhooks", Some(hook())).await.1["code"], "user_not_verified");
}
