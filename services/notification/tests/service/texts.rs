//! Text messages through the gateway, as `docs/sms-gateway.md` describes it.

use std::time::Duration;

use berth_notification::gateways::Reach;
use proto::v1::User;
use serde_json::json;

use crate::codes::{dead, sent};
use crate::support::events::{ada, cache};
use crate::support::http::HttpServer;
use crate::support::mail::{MailServer, Manner};
use crate::support::service::{Notification, Setup};

struct Stage {
    berth: Notification,
    gateway: HttpServer,
    mail: MailServer,
    _directory: tempfile::TempDir,
}

impl Stage {
    async fn set(answer: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (gateway, mail) = (HttpServer::start(answer).await, MailServer::start(Manner::Takes).await);
        let sms_url = Some(format!("http://{}/messages", gateway.address));
        let setup = Setup { smtp_url: mail.url(), sms_url, reach: Reach::Public };
        let berth = Notification::with(directory.path(), setup).await;
        Self { berth, gateway, mail, _directory: directory }
    }

    async fn code(&self) {
        let mut request = self.berth.request("sms", "483920");
        request.recipient = "+4915112345678".into();
        self.berth.ask(1, &request).await;
    }
}

#[tokio::test]
async fn a_code_goes_out_as_it_is_documented() {
    let stage = Stage::set("200 OK").await;
    stage.code().await;
    assert_eq!(stage.berth.run().await.done, 1);
    let request = &stage.gateway.requests()[0];
    assert_eq!(request.line, "POST /messages HTTP/1.1");
    assert_eq!(request.headers["authorization"], "Bearer t0ken");
    let body = request.json();
    assert_eq!(body["id"], request.headers["idempotency-key"]);
    assert_eq!((&body["to"], &body["from"]), (&json!("+4915112345678"), &json!("Berth")));
    assert!(body["text"].as_str().unwrap().starts_with("483920 is your Berth code."), "{body}");
    assert_eq!(body.as_object().unwrap().len(), 4);
    assert_eq!(stage.berth.deliveries().await, [sent()]);
}

#[tokio::test]
async fn what_may_pass_is_tried_again_after_the_pause_that_is_asked_for_under_the_same_key() {
    let stage = Stage::set("429 Too Many Requests\r\nRetry-After: 20").await;
    stage.code().await;
    for (answer, wait) in [("503 Away", 20), ("408 Late", 2), ("500 Broken\r\nRetry-After: 3600", 4), ("", 60)] {
        assert_eq!(stage.berth.run().await.failed, 1);
        assert_eq!(stage.berth.pause().min(Duration::from_secs(30)), Duration::from_secs(wait.min(30)));
        stage.berth.clock.advance(Duration::from_secs(wait));
        stage.gateway.answer(answer);
    }
    assert_eq!(stage.berth.run().await.failed, 1, "it hung up");
    stage.gateway.answer("202 Accepted");
    stage.berth.clock.advance(Duration::from_secs(60));
    assert_eq!(stage.berth.run().await.done, 1);
    let mut keys: Vec<_> =
        stage.gateway.requests().iter().map(|request| request.headers["idempotency-key"].clone()).collect();
    assert_eq!(keys.len(), 6);
    keys.dedup();
    assert_eq!(keys.len(), 1);
}

#[tokio::test]
async fn a_refusal_and_a_redirect_are_final() {
    for answer in ["400 Bad Request", "401 Unauthorized", "404 Not Found", "302 Found\r\nLocation: http://127.0.0.1:1/"]
    {
        let stage = Stage::set(answer).await;
        stage.code().await;
        stage.berth.run().await;
        assert_eq!(stage.berth.deliveries().await, [dead("sms_refused")], "{answer}");
        assert_eq!(stage.gateway.requests().len(), 1);
    }
}

#[tokio::test]
async fn news_go_by_text_to_who_wants_them_and_proved_the_number() {
    let stage = Stage::set("200 OK").await;
    let ambient = stage.berth.ambient();
    let wants = User { sms_notification: true, ..ada(&ambient) };
    let unproven = User { phone_verified: false, ..User { sms_notification: true, ..ada(&ambient) } };
    for user in [&wants, &unproven, &ada(&ambient)] {
        stage.berth.user("user.snapshot", user).await;
        stage.berth.allocation(&cache(&ambient, user, "running")).await;
    }
    while stage.berth.run().await.seen > 0 {}
    assert_eq!(stage.mail.mails().len(), 3);
    let texts: Vec<_> = stage.gateway.requests().iter().map(|request| request.json()["text"].clone()).collect();
    assert_eq!(texts, [json!("Berth: cache (redis) is running at 127.0.0.1:20003.")]);
}

#[tokio::test]
async fn a_security_notice_goes_by_text_too_where_texts_are_wanted() {
    let stage = Stage::set("200 OK").await;
    let user = User { sms_notification: true, ..ada(&stage.berth.ambient()) };
    stage.berth.user("user.snapshot", &user).await;
    stage.berth.ask(1, &stage.berth.notice("new_login", &user)).await;
    while stage.berth.run().await.seen > 0 {}
    assert_eq!((stage.mail.mails().len(), stage.gateway.requests().len()), (1, 1));
    assert_eq!(stage.gateway.requests()[0].json()["to"], "+4915112345678");
}

#[tokio::test]
async fn a_new_address_is_told_by_mail_to_both_and_by_text_once() {
    let stage = Stage::set("200 OK").await;
    let user = User { sms_notification: true, ..ada(&stage.berth.ambient()) };
    stage.berth.user("user.snapshot", &user).await;
    for (position, recipient) in (1..).zip(["ada@old.example.org", user.email.as_str()]) {
        let mut notice = stage.berth.notice("email_changed", &user);
        notice.recipient = recipient.into();
        notice.details.insert("email".into(), user.email.clone());
        stage.berth.ask(position, &notice).await;
    }
    while stage.berth.run().await.seen > 0 {}
    let mut told: Vec<_> = stage.mail.mails().iter().map(|mail| mail.to.clone()).collect();
    told.sort();
    assert_eq!(told, ["ada@example.org", "ada@old.example.org"]);
    assert_eq!(stage.gateway.requests().len(), 1);
}
