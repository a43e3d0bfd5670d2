//! Whoever is slow takes their own place and nobody else's.

use actix_web::http::Method;
use berth_notification::gateways::Reach;
use kit::UserId;
use proto::v1::User;
use serde_json::json;
use testkit::{Who, until};
use tokio::net::TcpListener;
use wire::drain::Drain;

use crate::support::events::{ada, cache};
use crate::support::http::HttpServer;
use crate::support::service::{Notification, Setup};

/// How many deliveries to a user over a channel are under way.
async fn under_way(berth: &Notification, user: &User, channel: &str) -> i64 {
    let id: UserId = user.id.parse().unwrap();
    let held = "SELECT COUNT(*) FROM delivery
        WHERE user_id = ? AND channel = ? AND state = 'pending' AND held_until > 0";
    sql::query_scalar(held).bind(id.as_bytes()).bind(channel).fetch_one(berth.database.readers()).await.unwrap()
}

/// A user with a webhook that wants to hear of all.
async fn with_webhook(berth: &Notification, receiver: std::net::SocketAddr) -> User {
    let (user, _, token) = berth.known(Who::Verified).await;
    let body = json!({"url": format!("http://{receiver}/"), "events": ["*"]});
    assert_eq!(berth.rest(&token, Method::POST, "/webhooks", Some(body)).await.0, 201);
    user
}

#[actix_web::test]
async fn a_receiver_that_never_answers_holds_up_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    // Connections wait in its queue; nobody reads them.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let receiver = HttpServer::start("200 OK").await;
    let berth = Notification::start(directory.path(), "smtp://127.0.0.1:1").await;
    let slow = with_webhook(&berth, silent.local_addr().unwrap()).await;
    let quick = with_webhook(&berth, receiver.address).await;
    let drain = Drain::default();
    berth.start_tasks(&drain);
    berth.user("user.updated", &User { revision: 2, ..slow.clone() }).await;
    until(|| under_way(&berth, &slow, "webhook"), |held| *held == 1).await;
    for revision in 2..5 {
        berth.user("user.updated", &User { revision, ..quick.clone() }).await;
    }
    until(|| async { receiver.requests().len() }, |calls| *calls == 3).await;
    assert_eq!(under_way(&berth, &slow, "webhook").await, 1, "the silent one is still waited for");
    drain.stop.cancel();
}

#[tokio::test]
async fn a_code_goes_out_while_other_mail_waits_for_its_server() {
    let directory = tempfile::tempdir().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = HttpServer::start("200 OK").await;
    let setup = Setup {
        smtp_url: format!("smtp://{}", silent.local_addr().unwrap()),
        sms_url: Some(format!("http://{}/messages", gateway.address)),
        reach: Reach::Public,
    };
    let berth = Notification::with(directory.path(), setup).await;
    let user = ada(&berth.ambient());
    berth.user("user.snapshot", &user).await;
    for _ in 0..6 {
        berth.allocation(&cache(&berth.ambient(), &user, "running")).await;
    }
    let drain = Drain::default();
    berth.start_tasks(&drain);
    // One of four places is for codes.
    until(|| under_way(&berth, &user, "email"), |held| *held == 3).await;
    berth.ask(1, &berth.request("sms", "483920")).await;
    until(|| async { gateway.requests().len() }, |texts| *texts == 1).await;
    assert_eq!(under_way(&berth, &user, "email").await, 3);
    drain.stop.cancel();
}
