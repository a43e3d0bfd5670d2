//! A process that ends between sending and recording: one row, one id, one message in effect.

use std::sync::atomic::Ordering;

use actix_web::http::Method;
use serde_json::json;
use testkit::{Who, until};

use crate::support::events::{ada, cache};
use crate::support::http::HttpServer;
use crate::support::mail::{MailServer, Manner};
use crate::support::service::Notification;

/// Rows by channel.
async fn rows(berth: &Notification, channel: &str) -> i64 {
    let rows = sql::query_scalar("SELECT COUNT(*) FROM delivery WHERE channel = ?").bind(channel);
    rows.fetch_one(berth.database.readers()).await.unwrap()
}

#[tokio::test]
async fn news_whose_receipt_was_lost_are_repeated_under_their_message_id() {
    let directory = tempfile::tempdir().unwrap();
    let server = MailServer::start(Manner::TakesAndHangsUp).await;
    let dying = Notification::start(directory.path(), &server.url()).await;
    let user = ada(&dying.ambient());
    dying.user("user.snapshot", &user).await;
    let event = dying.allocation(&cache(&dying.ambient(), &user, "running")).await;
    // The writer ends before the outcome can be recorded, as it does when the process is killed.
    let killed = async {
        until(|| async { server.mails().len() }, |mails| *mails == 1).await;
        dying.database.close().await;
    };
    tokio::select! { () = killed => {} _ = dying.run() => {} }
    server.behave(Manner::Takes);
    let berth = Notification::start(directory.path(), &server.url()).await;
    // The bus gives the event again: its position and its row were committed together.
    berth.apply(1, event).await;
    assert_eq!(rows(&berth, "email").await, 1);
    berth.clock.advance(std::time::Duration::from_secs(1));
    berth.run().await;
    assert_eq!(berth.run().await.seen, 0);
    let ids: Vec<String> = server.mails().iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[actix_web::test]
async fn a_webhook_whose_answer_was_lost_is_called_again_under_its_id() {
    let directory = tempfile::tempdir().unwrap();
    let receiver = HttpServer::start("").await;
    let dying = Notification::start(directory.path(), "smtp://127.0.0.1:1").await;
    let (user, _, token) = dying.known(Who::Verified).await;
    let body = json!({"url": format!("http://{}/", receiver.address), "events": ["*"]});
    assert_eq!(dying.rest(&token, Method::POST, "/webhooks", Some(body)).await.0, 201);
    dying.allocation(&cache(&dying.ambient(), &user, "running")).await;
    let killed = async {
        until(|| async { receiver.requests().len() }, |requests| *requests == 1).await;
        dying.database.close().await;
    };
    tokio::select! { () = killed => {} _ = dying.call() => {} }
    receiver.answer("200 OK");
    let berth = Notification::start(directory.path(), "smtp://127.0.0.1:1").await;
    assert_eq!(rows(&berth, "webhook").await, 1);
    berth.clock.advance(std::time::Duration::from_secs(6));
    berth.call().await;
    assert_eq!(berth.call().await.seen, 0);
    let requests = receiver.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].headers["webhook-id"], requests[1].headers["webhook-id"]);
    assert_eq!(requests[0].body, requests[1].body);
}

#[tokio::test]
async fn a_database_that_is_away_for_a_moment_repeats_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let server = MailServer::start(Manner::Takes).await;
    let berth = Notification::start(directory.path(), &server.url()).await;
    berth.ask(1, &berth.request("email", "123456")).await;
    berth.deliveries.times.store(3, Ordering::SeqCst);
    assert_eq!(berth.run().await.done, 1);
    berth.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(berth.run().await.seen, 0);
    assert_eq!(server.mails().len(), 1);
    assert_eq!(berth.deliveries().await[0].0, "sent");
}
