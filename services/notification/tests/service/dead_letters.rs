//! What was given up: listed and sent again by admins, and by nobody else.

use actix_web::http::Method;
use kit::Scope;
use serde_json::json;
use testkit::Who;

use crate::support::mail::{MailServer, Manner};
use crate::support::service::Notification;

const LETTERS: &str = "/dead-letters";

async fn given_up(directory: &tempfile::TempDir) -> (Notification, MailServer, String) {
    let server = MailServer::start(Manner::Refuses).await;
    let berth = Notification::start(directory.path(), &server.url()).await;
    let (user, _, _) = berth.known(Who::Verified).await;
    berth.ask(1, &berth.notice("new_login", &user)).await;
    berth.ask(2, &berth.request("email", "483920")).await;
    while berth.run().await.seen > 0 {}
    (berth, server, user.id)
}

#[actix_web::test]
async fn an_admin_lists_filters_and_resends_once() {
    let directory = tempfile::tempdir().unwrap();
    let (berth, server, user) = given_up(&directory).await;
    let (_, admin) = berth.door.login(Who::Admin);
    let (status, all) = berth.rest(&admin, Method::GET, LETTERS, None).await;
    assert_eq!((status, all["items"].as_array().unwrap().len()), (200, 2));
    let query = format!("{LETTERS}?kind=new_login&channel=email&user_id={user}");
    let (_, found) = berth.rest(&admin, Method::GET, &query, None).await;
    let letter = &found["items"][0];
    let told = (&letter["recipient"], &letter["reason"], &letter["attempts"]);
    assert_eq!(told, (&json!("ada@example.org"), &json!("mail_refused"), &json!(1)));
    server.behave(Manner::Takes);
    let path = format!("{LETTERS}/{}/resend", letter["id"].as_str().unwrap());
    assert_eq!(berth.rest(&admin, Method::POST, &path, None).await.0, 202);
    let (status, problem) = berth.rest(&admin, Method::POST, &path, None).await;
    assert_eq!((status, &problem["code"]), (404, &json!("dead_letter_not_found")));
    let acts = berth.acts().await;
    assert_eq!((acts.len(), acts[0].action.as_str(), acts[0].as_admin), (1, "notification.resend", true));
    while berth.run().await.seen > 0 {}
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].header("Message-ID").contains(letter["id"].as_str().unwrap()));
    assert!(mails[0].data.contains("203.0.113.9"), "it says what it would have said");
    assert_eq!(berth.rest(&admin, Method::GET, &query, None).await.1["items"], json!([]));
}

#[actix_web::test]
async fn a_code_is_not_sent_late() {
    let directory = tempfile::tempdir().unwrap();
    let (berth, _, _) = given_up(&directory).await;
    let (_, admin) = berth.door.login(Who::Admin);
    let (_, found) = berth.rest(&admin, Method::GET, &format!("{LETTERS}?kind=verify_code"), None).await;
    let path = format!("{LETTERS}/{}/resend", found["items"][0]["id"].as_str().unwrap());
    let (status, problem) = berth.rest(&admin, Method::POST, &path, None).await;
    assert_eq!((status, &problem["code"]), (409, &json!("delivery_expired")));
}

#[actix_web::test]
async fn others_than_admins_with_the_scope_see_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (berth, _, _) = given_up(&directory).await;
    let (caller, admin) = berth.door.login(Who::Admin);
    let (_, found) = berth.rest(&admin, Method::GET, LETTERS, None).await;
    let resend = format!("{LETTERS}/{}/resend", found["items"][0]["id"].as_str().unwrap());
    let (_, plain) = berth.door.login(Who::Verified);
    let reader = berth.door.api_key(&caller, &[Scope::AdminRead]);
    assert_eq!(berth.rest(&reader, Method::GET, LETTERS, None).await.0, 200);
    assert_eq!(berth.rest(&reader, Method::POST, &resend, None).await.1["code"], "scope_missing");
    for (method, path) in [(Method::GET, LETTERS), (Method::POST, &resend)] {
        assert_eq!(berth.rest(&plain, method, path, None).await.1["code"], "forbidden");
    }
}

#[actix_web::test]
async fn what_is_wrong_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let (berth, _, _) = given_up(&directory).await;
    let (_, admin) = berth.door.login(Who::Admin);
    for (query, field) in [
        ("channel=pigeon", "channel"),
        ("kind=party", "kind"),
        ("user_id=x", "user_id"),
        ("limit=0", "limit"),
        ("cursor=%25", "cursor"),
        ("state=dead", "state"),
    ] {
        let (status, problem) = berth.rest(&admin, Method::GET, &format!("{LETTERS}?{query}"), None).await;
        assert_eq!((status, &problem["field"]), (400, &json!(field)), "{query}");
    }
    let nobody = format!("{LETTERS}/0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a/resend");
    assert_eq!(berth.rest(&admin, Method::POST, &nobody, None).await.1["code"], "dead_letter_not_found");
    assert_eq!(berth.rest(&admin, Method::POST, &format!("{LETTERS}/x/resend"), None).await.1["field"], "id");
}
