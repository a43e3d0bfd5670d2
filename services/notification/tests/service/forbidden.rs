//! Where webhooks may not go, whatever a name says now and a moment later.

use std::time::Duration;

use actix_web::http::Method;
use berth_notification::gateways::Reach;
use serde_json::json;
use testkit::Who;

use crate::support::http::HttpServer;
use crate::support::service::{Notification, Setup};

async fn strict(directory: &tempfile::TempDir) -> Notification {
    let setup = Setup { smtp_url: "smtp://127.0.0.1:1".into(), sms_url: None, reach: Reach::Public };
    Notification::with(directory.path(), setup).await
}

async fn refused(berth: &Notification, token: &str, url: &str) -> (u16, serde_json::Value) {
    let body = json!({"url": url, "events": ["*"]});
    let (status, answer) = berth.rest(token, Method::POST, "/webhooks", Some(body)).await;
    (status, answer["code"].clone())
}

/// The last delivery's state, reason and status.
async fn last(berth: &Notification, token: &str, path: &str) -> (String, serde_json::Value) {
    let (_, list) = berth.rest(token, Method::GET, &format!("{path}/deliveries"), None).await;
    (list["items"][0]["state"].as_str().unwrap().to_owned(), list["items"][0]["reason"].clone())
}

#[actix_web::test]
async fn an_address_that_is_not_public_is_refused_in_every_spelling() {
    let directory = tempfile::tempdir().unwrap();
    let berth = strict(&directory).await;
    let (_, _, token) = berth.known(Who::Verified).await;
    let hosts = [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[fc00::1]",
        "[fe80::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
    ];
    for host in hosts {
        for port in ["", ":8443"] {
            let url = format!("https://{host}{port}/");
            assert_eq!(refused(&berth, &token, &url).await, (422, json!("webhook_url_forbidden")), "{url}");
        }
    }
    assert_eq!(refused(&berth, &token, "http://93.184.216.34/").await, (400, json!("invalid_input")), "no TLS");
}

#[actix_web::test]
async fn a_name_is_refused_when_any_of_its_addresses_is_not_public() {
    let directory = tempfile::tempdir().unwrap();
    let berth = strict(&directory).await;
    let (_, _, token) = berth.known(Who::Verified).await;
    for answer in [&["127.0.0.1"][..], &["93.184.216.34", "10.0.0.1"], &["2606:2800:220:1::1", "::1"]] {
        berth.names.answer(&[answer]);
        let told = refused(&berth, &token, "https://hooks.example.org/").await;
        assert_eq!(told, (422, json!("webhook_url_forbidden")), "{answer:?}");
    }
    berth.names.answer(&[]);
    let told = refused(&berth, &token, "https://hooks.example.org/").await;
    assert_eq!(told, (422, json!("webhook_url_forbidden")), "it has none at all");
}

#[actix_web::test]
async fn a_name_that_moves_behind_the_walls_after_it_was_checked_is_not_followed() {
    let directory = tempfile::tempdir().unwrap();
    let receiver = HttpServer::start("200 OK").await;
    let berth = strict(&directory).await;
    let (_, _, token) = berth.known(Who::Verified).await;
    berth.names.answer(&[&["93.184.216.34"]]);
    let url = format!("https://hooks.example.org:{}/", receiver.address.port());
    let body = Some(json!({"url": url, "events": ["*"]}));
    let (status, made) = berth.rest(&token, Method::POST, "/webhooks", body).await;
    assert_eq!(status, 201);
    let path = format!("/webhooks/{}", made["id"].as_str().unwrap());
    berth.names.answer(&[&["127.0.0.1"]]);
    berth.rest(&token, Method::POST, &format!("{path}/test"), None).await;
    berth.call().await;
    assert_eq!(last(&berth, &token, &path).await, ("dead".to_owned(), json!("webhook_url_forbidden")));
    assert_eq!(receiver.requests().len(), 0);
}

#[actix_web::test]
async fn between_the_check_and_the_connection_a_name_is_not_asked_again() {
    let directory = tempfile::tempdir().unwrap();
    // Two addresses of this machine: the one that this test lets through, and one behind the walls.
    let public = HttpServer::start("200 OK").await;
    let private = HttpServer::at(&format!("127.0.0.2:{}", public.address.port()), "200 OK").await;
    let berth = Notification::start(directory.path(), "smtp://127.0.0.1:1").await;
    let (_, _, token) = berth.known(Who::Verified).await;
    let url = format!("http://hooks.example.org:{}/", public.address.port());
    berth.names.answer(&[&["127.0.0.1"]]);
    let (_, made) = berth.rest(&token, Method::POST, "/webhooks", Some(json!({"url": url, "events": ["*"]}))).await;
    let path = format!("/webhooks/{}", made["id"].as_str().unwrap());
    berth.rest(&token, Method::POST, &format!("{path}/test"), None).await;
    berth.names.answer(&[&["127.0.0.1"], &["127.0.0.2"]]);
    berth.call().await;
    assert_eq!((public.requests().len(), private.requests().len(), berth.names.asked()), (1, 0, 1));
    berth.clock.advance(Duration::from_secs(1));
    berth.rest(&token, Method::POST, &format!("{path}/test"), None).await;
    berth.call().await;
    assert_eq!((public.requests().len(), private.requests().len(), berth.names.asked()), (1, 0, 2));
    assert_eq!(last(&berth, &token, &path).await, ("dead".to_owned(), json!("webhook_url_forbidden")));
}

#[actix_web::test]
async fn a_redirect_is_not_followed() {
    let directory = tempfile::tempdir().unwrap();
    let behind = HttpServer::at("127.0.0.2:0", "200 OK").await;
    let berth = Notification::start(directory.path(), "smtp://127.0.0.1:1").await;
    let (_, _, token) = berth.known(Who::Verified).await;
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let receiver = HttpServer::start(&format!("{status}\r\nLocation: http://{}/", behind.address)).await;
        let body = json!({"url": format!("http://{}/", receiver.address), "events": ["*"]});
        let (_, made) = berth.rest(&token, Method::POST, "/webhooks", Some(body)).await;
        let path = format!("/webhooks/{}", made["id"].as_str().unwrap());
        berth.rest(&token, Method::POST, &format!("{path}/test"), None).await;
        berth.call().await;
        assert_eq!(last(&berth, &token, &path).await, ("dead".to_owned(), json!("webhook_refused")));
        assert_eq!((receiver.requests().len(), behind.requests().len()), (1, 0), "{status}");
    }
}
