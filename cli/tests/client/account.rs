//! What people do with their own account, request by request.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::platform::{Asked, Platform, Reply, empty, list, nothing_there};
use crate::support::{ID, answering, done, user, usual};

#[tokio::test]
async fn an_account_is_made_with_the_fields_of_the_interface() {
    let platform = Platform::start(|asked, _| match asked.line.as_str() {
        "POST /user/signup" => Reply::Json(201, json!({"id": "u"})),
        "POST /user/otp" => empty(202),
        "POST /user/verify" => Reply::Json(200, json!({"verified": true})),
        _ => nothing_there(),
    })
    .await;
    let client = Client::new(&platform.url);
    let signup =
        "--json signup --email a@b.org --password hunter2hunter2 --first-name Demo --last-name Berth --phone +491";
    assert_eq!(client.run(signup).await.code, 0);
    let body = json!({"email": "a@b.org", "password": "hunter2hunter2", "first_name": "Demo", "last_name": "Berth",
        "phone_number": "+491"});
    assert_eq!(platform.asked("POST /user/signup")[0].body, body);
    assert_eq!(client.run("--json otp --email a@b.org").await.json(), json!({}));
    assert_eq!(client.run("otp --email a@b.org --channel sms --purpose reset").await.code, 0);
    let bodies: Vec<Value> = platform.asked("POST /user/otp").into_iter().map(|asked| asked.body).collect();
    let second = json!({"email": "a@b.org", "channel": "sms", "purpose": "reset"});
    assert_eq!(bodies, [json!({"email": "a@b.org"}), second]);
    assert_eq!(client.run("--json verify --email a@b.org --otp 012345").await.json(), json!({"verified": true}));
    assert_eq!(platform.asked("POST /user/verify")[0].body, json!({"email": "a@b.org", "otp": "012345"}));
}

#[tokio::test]
async fn a_profile_is_shown_or_changed_field_by_field() {
    let (_, shown) = done("GET /user/me", Reply::Json(200, user()), &["profile"]).await;
    assert!(shown.contains("name      Ada Lovelace\n") && shown.contains("verified  yes\n"), "{shown}");
    let change = ["profile", "--first-name", "Adele", "--no-phone", "--email-notification", "off"];
    let (asked, _) = done("PATCH /user/me", Reply::Json(200, user()), &change).await;
    assert_eq!(asked.body, json!({"first_name": "Adele", "phone_number": null, "email_notification": false}));
}

#[tokio::test]
async fn a_proven_number_changes_with_the_password_that_is_asked_for() {
    let platform = Platform::start(|asked, _| match asked.line.as_str() {
        "PATCH /user/me" if asked.body["current_password"] == "old-old-old-1" => Reply::Json(200, user()),
        "PATCH /user/me" => Reply::Invalid("current_password"),
        _ => usual(asked, "running"),
    })
    .await;
    let client = Client::logged_in(&platform.url, "a", "r");
    assert_eq!(client.run("profile --no-phone --password old-old-old-1").await.code, 0);
    let bodies: Vec<Value> = platform.asked("PATCH /user/me").into_iter().map(|asked| asked.body).collect();
    let again = json!({"phone_number": null, "current_password": "old-old-old-1"});
    assert_eq!(bodies, [json!({"phone_number": null}), again]);
}

/// Changes the password once, and knows logins with the new one only.
fn changing(asked: &Asked, _: usize) -> Reply {
    match asked.line.as_str() {
        "POST /user/me/password" => empty(204),
        "POST /user/login" if asked.body["password"] == "new-new-new-1" => {
            Reply::Json(200, json!({"access_token": "fresh", "refresh_token": "s"}))
        }
        "POST /user/login" => Reply::Problem(401, "invalid_credentials", vec![]),
        _ => usual(asked, "running"),
    }
}

#[tokio::test]
async fn a_new_password_is_followed_by_a_new_login() {
    let platform = Platform::start(changing).await;
    let client = Client::logged_in(&platform.url, "a", "r");
    let ran = client.run("passwd --password old-old-old-1 --new-password new-new-new-1").await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let asked = platform.asked("POST /user/me/password");
    assert_eq!(asked[0].body, json!({"current_password": "old-old-old-1", "new_password": "new-new-new-1"}));
    assert_eq!(platform.asked("POST /user/login")[0].body["email"], "ada@example.org");
    assert_eq!(client.run("whoami").await.code, 0);
    assert_eq!(platform.asked("GET /user/me").last().unwrap().header("authorization"), "Bearer fresh");
}

#[tokio::test]
async fn a_new_login_that_fails_does_not_hide_that_the_password_is_changed() {
    let platform = Platform::start(|asked, before| match asked.line.as_str() {
        "POST /user/login" => Reply::Problem(429, "rate_limited", vec![]),
        _ => changing(asked, before),
    })
    .await;
    let client = Client::logged_in(&platform.url, "a", "r");
    let ran = client.run("passwd --password old-old-old-1 --new-password new-new-new-1").await;
    assert!(ran.code == 1 && ran.err.contains("The password is changed, but"), "{ran:?}");
}

#[tokio::test]
async fn a_new_address_is_confirmed_with_its_code() {
    let words = ["email", "new@example.org", "--password", "hunter2hunter2"];
    let (asked, shown) = done("POST /user/me/email", empty(202), &words).await;
    assert_eq!(asked.body, json!({"email": "new@example.org", "password": "hunter2hunter2"}));
    assert!(shown.contains("berth verify --email new@example.org"), "{shown}");
}

#[tokio::test]
async fn a_lost_password_is_replaced_by_a_code() {
    let words = ["password-reset", "--email", "a@b.org", "--otp", "012345", "--new-password", "new-new-new-1"];
    let (asked, shown) = done("POST /user/password-reset", empty(204), &words).await;
    assert_eq!(asked.body, json!({"email": "a@b.org", "otp": "012345", "new_password": "new-new-new-1"}));
    assert!(asked.header("authorization").is_empty() && shown.contains("berth login"), "{shown}");
    let (platform, client) = answering("POST /user/otp", empty(202)).await;
    assert_eq!(client.run("password-reset --email a@b.org").await.code, 2, "nobody can be asked for the code");
    assert!(platform.asked("POST /user/otp").is_empty());
}

#[tokio::test]
async fn sessions_are_listed_and_closed() {
    let session = json!({"id": ID, "created_at": null, "last_used_at": null, "address": "10.0.0.1", "agent": "berth/0.1.0", "current": true});
    let (_, shown) = done("GET /user/sessions", list(&[session]), &["sessions"]).await;
    assert!(shown.starts_with("ID ") && shown.contains("10.0.0.1  berth/0.1.0"), "{shown}");
    let line = format!("DELETE /user/sessions/{ID}");
    let (_, shown) = done(&line, empty(204), &["sessions", "close", ID]).await;
    assert_eq!(shown, format!("{ID} ends within a second or two.\n"));
}

#[tokio::test]
async fn an_export_is_a_file_for_its_owner_alone_or_goes_to_standard_output() {
    let (_, client) = answering("GET /user/me/export", Reply::Text("{\"user\": 1}".into())).await;
    assert_eq!(client.run("export").await.out, "{\"user\": 1}");
    let file = client.config.path().join("me.json");
    assert_eq!(client.run(&format!("export -o {}", file.display())).await.code, 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\"user\": 1}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn an_audit_list_is_cut_where_it_is_long_enough() {
    let entry = json!({"id": ID, "at": "2026-01-31T09:30:00Z", "action": "allocation.stop", "as_admin": false,
        "subject": {"kind": "allocation", "id": "a1"}, "actor": "u1", "address": "10.0.0.1", "details": {"name": "demo"}});
    let page = json!({"items": [entry, entry, entry], "next_cursor": "more"});
    let (asked, shown) =
        done("GET /user/me/audit", Reply::Json(200, page), &["audit", "--limit", "3", "--action", "allocation."]).await;
    assert_eq!((asked.query.as_str(), shown.lines().count()), ("action=allocation.&limit=3", 4));
    let line = "2026-01-31 09:30:00  allocation.stop  a1       u1     no        10.0.0.1  name=demo";
    assert_eq!(shown.lines().nth(1), Some(line));
}

#[tokio::test]
async fn an_account_is_deleted_by_who_says_so_and_its_login_is_forgotten() {
    let (platform, client) = answering("DELETE /user/me", empty(202)).await;
    assert_eq!(client.run("delete-account").await.code, 2, "nobody can be asked");
    assert!(platform.asked("DELETE /user/me").is_empty());
    assert_eq!(client.run("delete-account --yes").await.code, 0);
    assert_eq!(platform.asked("DELETE /user/me").len(), 1);
    assert_eq!(client.run("whoami").await.code, 3);
}
