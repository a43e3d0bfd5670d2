//! Preferences over REST, and what they do to messages.

use actix_web::http::Method;
use kit::Scope;
use proto::v1::User;
use serde_json::{Value, json};
use testkit::Who;

use crate::support::events::cache;
use crate::support::mail::{MailServer, Manner};
use crate::support::service::Notification;

fn found(list: &Value, kind: &str, channel: &str) -> (bool, bool) {
    let items = list["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["kind"] == kind && item["channel"] == channel).unwrap();
    (item["enabled"].as_bool().unwrap(), item["locked"].as_bool().unwrap())
}

fn choices(items: &[(&str, &str, bool)]) -> Value {
    let item =
        |(kind, channel, enabled): &(&str, &str, bool)| json!({"kind": kind, "channel": channel, "enabled": enabled});
    json!({"items": items.iter().map(item).collect::<Vec<_>>()})
}

#[actix_web::test]
async fn all_are_shown_changed_in_part_and_stay_so() {
    let directory = tempfile::tempdir().unwrap();
    let berth = Notification::start(directory.path(), "smtp://127.0.0.1:1").await;
    let (_, _, token) = berth.known(Who::Verified).await;
    let (status, shown) = berth.rest(&token, Method::GET, "/preferences", None).await;
    assert_eq!((status, shown["items"].as_array().unwrap().len()), (200, 32));
    assert_eq!(found(&shown, "allocation_running", "email"), (true, false));
    assert_eq!(found(&shown, "allocation_running", "sms"), (false, false));
    assert_eq!(found(&shown, "new_login", "email"), (true, true));
    let body =
        choices(&[("allocation_running", "email", false), ("new_login", "sms", true), ("new_login", "email", true)]);
    for _ in 0..2 {
        let (status, changed) = berth.rest(&token, Method::PUT, "/preferences", Some(body.clone())).await;
        assert_eq!(status, 200);
        assert_eq!(found(&changed, "allocation_running", "email"), (false, false));
        assert_eq!(found(&changed, "new_login", "sms"), (true, false));
        assert_eq!(found(&changed, "allocation_failed", "email"), (true, false));
    }
    let acts = berth.acts().await;
    assert_eq!((acts.len(), acts[0].action.as_str()), (2, "notification.preferences_update"));
    assert_eq!(acts[0].details["allocation_running.email"], "false");
    let (_, _, stranger) = berth.known(Who::Verified).await;
    let (_, others) = berth.rest(&stranger, Method::GET, "/preferences", None).await;
    assert_eq!(others, shown);
}

#[actix_web::test]
async fn what_is_wrong_is_named_and_nothing_changes() {
    let directory = tempfile::tempdir().unwrap();
    let berth = Notification::start(directory.path(), "smtp://127.0.0.1:1").await;
    let (_, _, token) = berth.known(Who::Verified).await;
    let good = ("allocation_running", "email", false);
    let table = [
        (choices(&[good, ("verify_code", "email", false)]), "items[1].enabled"),
        (choices(&[("new_login", "email", false)]), "items[0].enabled"),
        (choices(&[("party", "email", true)]), "items[0].kind"),
        (choices(&[good, ("allocation_running", "pigeon", true)]), "items[1].channel"),
        (choices(&[("allocation_running", "webhook", true)]), "items[0].channel"),
        (choices(&[good, good]), "items[1].kind"),
        (json!({}), "items"),
        (json!({"items": [{"kind": "welcome", "channel": "email"}]}), "items[0].enabled"),
    ];
    for (body, field) in table {
        let (status, problem) = berth.rest(&token, Method::PUT, "/preferences", Some(body)).await;
        assert_eq!((status, &problem["field"]), (400, &json!(field)), "{problem}");
    }
    let (status, problem) =
        berth.rest(&token, Method::PUT, "/preferences", Some(json!({"items": [], "all": true}))).await;
    assert_eq!((status, &problem["code"]), (400, &json!("unknown_field")));
    let (_, shown) = berth.rest(&token, Method::GET, "/preferences", None).await;
    assert_eq!(found(&shown, "allocation_running", "email"), (true, false));
}

#[actix_web::test]
async fn only_verified_users_and_keys_with_the_scope_come_in() {
    let directory = tempfile::tempdir().unwrap();
    let berth = Notification::start(directory.path(), "smtp://127.0.0.1:1").await;
    let (_, unverified) = berth.door.login(Who::Unverified);
    let (caller, _) = berth.door.login(Who::Verified);
    let reader = berth.door.api_key(&caller, &[Scope::NotificationsRead]);
    let other = berth.door.api_key(&caller, &[Scope::AllocationsRead]);
    let body = || choices(&[("welcome", "email", true)]);
    let get = |token| berth.rest(token, Method::GET, "/preferences", None);
    let put = |token| berth.rest(token, Method::PUT, "/preferences", Some(body()));
    assert_eq!((get(&reader).await.0, put(&reader).await.1["code"].clone()), (200, json!("scope_missing")));
    for (token, code) in [(&unverified, "user_not_verified"), (&other, "scope_missing")] {
        assert_eq!(
            (get(token).await.1["code"].clone(), put(token).await.1["code"].clone()),
            (json!(code), json!(code))
        );
    }
    assert_eq!(berth.rest("x", Method::GET, "/preferences", None).await.0, 401);
}

#[actix_web::test]
async fn what_is_turned_off_is_not_mailed() {
    let directory = tempfile::tempdir().unwrap();
    let server = MailServer::start(Manner::Takes).await;
    let berth = Notification::start(directory.path(), &server.url()).await;
    let (user, _, token) = berth.known(Who::Verified).await;
    berth.rest(&token, Method::PUT, "/preferences", Some(choices(&[("allocation_running", "email", false)]))).await;
    berth.allocation(&cache(&berth.ambient(), &user, "running")).await;
    berth.allocation(&cache(&berth.ambient(), &User { ..user }, "failed")).await;
    while berth.run().await.seen > 0 {}
    let subjects: Vec<_> = server.mails().iter().map(|mail| mail.header("Subject")).collect();
    assert_eq!(subjects, ["cache has failed"]);
}
