//! Events on their way to receivers: signed, repeated under one id, and given up in time.

use std::time::Duration;

use actix_web::http::Method;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac as _};
use proto::v1::User;
use serde_json::{Value, json};
use sha2::Sha256;
use testkit::Who;

use crate::support::events::cache;
use crate::support::http::{HttpServer, Received};
use crate::support::mail::{MailServer, Manner};
use crate::support::service::Notification;

struct Stage {
    berth: Notification,
    receiver: HttpServer,
    mail: MailServer,
    user: User,
    token: String,
    secret: String,
    path: String,
    _directory: tempfile::TempDir,
}

impl Stage {
    async fn set(events: &[&str], answer: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (receiver, mail) = (HttpServer::start(answer).await, MailServer::start(Manner::Takes).await);
        let berth = Notification::start(directory.path(), &mail.url()).await;
        let (user, _, token) = berth.known(Who::Verified).await;
        let body = json!({"url": format!("http://{}/hook?a=b", receiver.address), "events": events});
        let (status, made) = berth.rest(&token, Method::POST, "/webhooks", Some(body)).await;
        assert_eq!(status, 201, "{made}");
        let path = format!("/webhooks/{}", made["id"].as_str().unwrap());
        let secret = made["secret"].as_str().unwrap().to_owned();
        Self { berth, receiver, mail, user, token, secret, path, _directory: directory }
    }

    async fn running(&self) {
        self.berth.allocation(&cache(&self.berth.ambient(), &self.user, "running")).await;
    }

    async fn post(&self, below: &str) -> (u16, Value) {
        self.berth.rest(&self.token, Method::POST, &format!("{}{below}", self.path), None).await
    }

    async fn deliveries(&self) -> Vec<Value> {
        let (_, list) = self.berth.rest(&self.token, Method::GET, &format!("{}/deliveries", self.path), None).await;
        list["items"].as_array().unwrap().clone()
    }

    async fn shown(&self) -> Value {
        let (_, list) = self.berth.rest(&self.token, Method::GET, "/webhooks", None).await;
        list["items"][0].clone()
    }
}

/// The signature that a receiver computes with its secret.
fn signature(secret: &str, request: &Received) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = <Hmac<Sha256>>::new_from_slice(&key).unwrap();
    let (id, at) = (&request.headers["webhook-id"], &request.headers["webhook-timestamp"]);
    mac.update(format!("{id}.{at}.{}", request.body).as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[actix_web::test]
async fn an_event_arrives_signed_with_what_the_allocation_is_now() {
    let stage = Stage::set(&["allocation.running"], "200 OK").await;
    stage.running().await;
    assert_eq!(stage.berth.call().await.done, 1);
    let request = &stage.receiver.requests()[0];
    assert_eq!(request.line, "POST /hook?a=b HTTP/1.1");
    assert_eq!(request.headers["webhook-signature"], signature(&stage.secret, request));
    assert_eq!(request.headers["webhook-timestamp"], stage.berth.ambient().now().as_secs().to_string());
    let body = request.json();
    assert_eq!(
        (&body["type"], &body["timestamp"]),
        (&json!("allocation.running"), &json!("2026-01-01T00:00:00.000000Z"))
    );
    assert_eq!((&body["data"]["name"], &body["data"]["state"]), (&json!("cache"), &json!("running")));
    assert_eq!(body["data"]["ports"][0]["host_port"], 20_003);
    let delivery = &stage.deliveries().await[0];
    assert_eq!(delivery["id"], request.headers["webhook-id"]);
    assert_eq!(
        (&delivery["state"], &delivery["status"], &delivery["attempts"]),
        (&json!("sent"), &json!(200), &json!(1))
    );
}

#[actix_web::test]
async fn only_events_that_are_wanted_are_sent() {
    let stage = Stage::set(&["allocation.failed"], "200 OK").await;
    stage.running().await;
    stage.berth.user("user.updated", &User { revision: 2, ..stage.user.clone() }).await;
    assert_eq!(stage.berth.call().await.seen, 0);
    stage.berth.allocation(&cache(&stage.berth.ambient(), &stage.user, "failed")).await;
    assert_eq!(stage.berth.call().await.done, 1);
    assert_eq!(stage.receiver.requests()[0].json()["type"], "allocation.failed");
}

#[actix_web::test]
async fn a_users_own_changes_arrive_too() {
    let stage = Stage::set(&["*"], "204 No Content").await;
    stage.berth.user("user.updated", &User { revision: 2, ..stage.user.clone() }).await;
    stage.berth.call().await;
    let body = stage.receiver.requests()[0].json();
    assert_eq!((&body["type"], &body["data"]["email"]), (&json!("user.updated"), &json!("ada@example.org")));
}

#[actix_web::test]
async fn a_test_is_sent_when_it_is_asked_for_also_where_nothing_else_is() {
    let stage = Stage::set(&["allocation.failed"], "200 OK").await;
    stage.berth.rest(&stage.token, Method::PATCH, &stage.path, Some(json!({"active": false}))).await;
    let (status, started) = stage.post("/test").await;
    assert_eq!(status, 202);
    stage.berth.call().await;
    let request = &stage.receiver.requests()[0];
    assert_eq!(
        (&request.json()["type"], &started["id"]),
        (&json!("webhook.test"), &json!(request.headers["webhook-id"]))
    );
}

#[actix_web::test]
async fn a_rotated_secret_signs_beside_the_old_one_for_a_day() {
    let stage = Stage::set(&["*"], "200 OK").await;
    let (_, rotated) = stage.post("/rotate").await;
    let new = rotated["secret"].as_str().unwrap();
    stage.post("/test").await;
    stage.berth.call().await;
    let request = &stage.receiver.requests()[0];
    let both = format!("{} {}", signature(new, request), signature(&stage.secret, request));
    assert_eq!(request.headers["webhook-signature"], both);
    stage.berth.clock.advance(Duration::from_secs(24 * 3_600));
    stage.post_with_new_login().await;
    let request = &stage.receiver.requests()[1];
    assert_eq!(request.headers["webhook-signature"], signature(new, request));
}

impl Stage {
    /// A test by an event, because the token of a day ago is no longer valid.
    async fn post_with_new_login(&self) {
        self.berth.user("user.updated", &User { revision: 2, ..self.user.clone() }).await;
        self.berth.call().await;
    }
}

#[actix_web::test]
async fn a_failure_is_retried_for_a_day_under_one_id_and_then_dead() {
    let stage = Stage::set(&["*"], "500 Broken").await;
    stage.running().await;
    let waits = [5, 30, 120, 600, 3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600];
    for wait in waits {
        assert_eq!(stage.berth.call().await.failed, 1);
        stage.berth.clock.advance(Duration::from_secs(wait - 1));
        assert_eq!(stage.berth.call().await.seen, 0, "it waits {wait} s");
        stage.berth.clock.advance(Duration::from_secs(2 + wait / 10));
    }
    assert_eq!(stage.berth.call().await.failed, 1);
    let requests = stage.receiver.requests();
    assert_eq!(requests.len(), 9);
    let same = |request: &Received| (request.headers["webhook-id"].clone(), request.body.clone());
    assert!(requests.iter().all(|request| same(request) == same(&requests[0])));
    assert_ne!(requests[0].headers["webhook-timestamp"], requests[8].headers["webhook-timestamp"]);
    let dead: (String, String, i64) =
        sql::query_as("SELECT state, reason, status FROM delivery WHERE channel = 'webhook'")
            .fetch_one(stage.berth.database.readers())
            .await
            .unwrap();
    assert_eq!(dead, ("dead".into(), "webhook_refused".into(), 500));
}

#[actix_web::test]
async fn a_receiver_that_is_gone_ends_its_webhook_and_the_owner_is_told() {
    let stage = Stage::set(&["*"], "410 Gone").await;
    stage.running().await;
    stage.berth.call().await;
    let shown = stage.shown().await;
    assert_eq!((&shown["active"], &shown["disabled_reason"]), (&json!(false), &json!("gone")));
    while stage.berth.run().await.seen > 0 {}
    let mut subjects: Vec<_> = stage.mail.mails().iter().map(|mail| mail.header("Subject")).collect();
    subjects.sort();
    assert_eq!(subjects, ["A webhook of yours is turned off", "cache is running"]);
    stage.running().await;
    assert_eq!(stage.berth.call().await.seen, 0);
    let (_, again) = stage.berth.rest(&stage.token, Method::PATCH, &stage.path, Some(json!({"active": true}))).await;
    assert_eq!((&again["active"], &again["disabled_reason"]), (&json!(true), &json!(null)));
}

#[actix_web::test]
async fn a_receiver_that_hangs_up_is_tried_again() {
    let stage = Stage::set(&["*"], "").await;
    stage.running().await;
    assert_eq!(stage.berth.call().await.failed, 1);
    stage.receiver.answer("200 OK");
    stage.berth.clock.advance(Duration::from_secs(6));
    assert_eq!(stage.berth.call().await.done, 1);
    let ids: Vec<_> = stage.receiver.requests().iter().map(|request| request.headers["webhook-id"].clone()).collect();
    assert!(ids.len() == 2 && ids[0] == ids[1]);
}

#[actix_web::test]
async fn five_days_of_failures_end_a_webhook() {
    let stage = Stage::set(&["*"], "503 Away").await;
    for day in 0..6 {
        stage.berth.user("user.updated", &User { revision: 2 + day, ..stage.user.clone() }).await;
        while stage.berth.call().await.seen + stage.berth.run().await.seen > 0 {}
        stage.berth.clock.advance(Duration::from_secs(24 * 3_600));
    }
    let active: bool =
        sql::query_scalar("SELECT active FROM webhook").fetch_one(stage.berth.database.readers()).await.unwrap();
    assert!(!active);
    assert_eq!(stage.mail.mails()[0].header("Subject"), "A webhook of yours is turned off");
}

#[actix_web::test]
async fn a_receiver_that_cannot_prove_who_it_is_gets_nothing_over_https() {
    let stage = Stage::set(&["*"], "200 OK").await;
    let url = json!({"url": format!("https://{}/hook", stage.receiver.address)});
    assert_eq!(stage.berth.rest(&stage.token, Method::PATCH, &stage.path, Some(url)).await.0, 200);
    stage.running().await;
    assert_eq!(stage.berth.call().await.failed, 1);
    assert_eq!(stage.receiver.requests().len(), 0);
    assert_eq!(stage.deliveries().await[0]["state"], "pending");
}
