//! What happens to an account happens to all that hangs on it: sessions, sockets, keys, containers, what was said.

use std::time::Duration;

use berth_tests::berth::{Setup, subject_of};
use berth_tests::engine::Holdings;
use berth_tests::person::PASSWORD;
use berth_tests::{Berth, Person, until};
use serde_json::{Value, json};

/// What is promised: after this nothing of a closed session is open.
const REVOKED_WITHIN: Duration = Duration::from_secs(5);
const NEW_PASSWORD: &str = "another horse, another battery";

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_closes_every_session_with_its_sockets() {
    let berth = Berth::start().await;
    let ada = berth.person("ada").await;
    let mut elsewhere = ada.clone();
    elsewhere.log_in().await;
    let cache = ada.running("redis", "cache").await;
    let mut sockets = [ada.follow(&cache.id).await, elsewhere.follow(&cache.id).await];
    for socket in &mut sockets {
        socket.until_type("ready").await;
    }
    let body = json!({"current_password": "not the password", "new_password": NEW_PASSWORD});
    let refused = ada.post("/user/me/password", &body).await.refusal();
    assert!(matches!(refused.status, 401 | 403), "{refused:?}");
    let body = json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD});
    ada.post("/user/me/password", &body).await.expect(204);
    for socket in &mut sockets {
        let ending = socket.ending_within(REVOKED_WITHIN).await;
        assert_eq!(ending, (Some("session_closed".to_owned()), 4401));
    }
    for person in [&ada, &elsewhere] {
        person.get("/user/me").await.expect_refusal(401, "session_closed");
    }
    let old = json!({"email": ada.email, "password": PASSWORD});
    ada.post("/user/login", &old).await.expect_refusal(401, "invalid_credentials");
    let new = json!({"email": ada.email, "password": NEW_PASSWORD});
    ada.post("/user/login", &new).await.expect(200);
    berth.mail(&ada.email, "password").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_changes_once_the_new_one_is_proven() {
    let setup = Setup { config: "[user]\ncode_pause = \"1s\"\n".to_owned(), ..Setup::default() };
    let berth = Berth::start_with(setup).await;
    let ada = berth.person("ada").await;
    berth.person("bob").await;
    let body = json!({"email": "countess@example.org", "password": PASSWORD});
    ada.post("/user/me/email", &body).await.expect(202);
    let code = berth.code("countess@example.org").await;
    assert_eq!(ada.get("/user/me").await.expect(200)["email"], ada.email, "nothing changes before the code");
    let proven = ada.post("/user/verify", &json!({"email": "countess@example.org", "otp": code})).await.expect(200);
    assert_eq!((&proven["email"], &proven["verified"]), (&json!("countess@example.org"), &json!(true)));
    let old = json!({"email": ada.email, "password": PASSWORD});
    ada.post("/user/login", &old).await.expect_refusal(401, "invalid_credentials");
    ada.post("/user/login", &json!({"email": "countess@example.org", "password": PASSWORD})).await.expect(200);
    for address in [ada.email.as_str(), "countess@example.org"] {
        berth.mail(address, "address").await;
    }
    // Somebody else's address gets no code, and the answer does not tell.
    let taken = json!({"email": "bob@example.org", "password": PASSWORD});
    let asked = || async { ada.post("/user/me/email", &taken).await.status };
    until("the pause since bob's own code to be over", asked, |status| *status == 202).await;
    let codes = berth.mails("bob@example.org").iter().filter(|mail| subject_of(mail).contains("code")).count();
    assert_eq!(codes, 1, "only the one of his sign-up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_account_is_closed_with_all_that_hangs_on_it_and_opens_again() {
    let berth = Berth::start().await;
    let admin = berth.person("admin").await;
    let mut ada = berth.person("ada").await;
    let cache = ada.running("redis", "cache").await;
    let program = ada.with_key("watcher", &["allocations:read", "logs:read"]).await;
    let mut sockets = [ada.follow(&cache.id).await, program.follow(&cache.id).await];
    for socket in &mut sockets {
        socket.until_type("ready").await;
    }
    let path = format!("/user/{}/suspension", ada.id().await);
    ada.post(&path, &json!({})).await.expect_refusal(403, "forbidden");
    let suspended = admin.send(reqwest::Method::POST, &path, &[], None).await.expect(200);
    assert_eq!(suspended["suspended"], true);
    for socket in &mut sockets {
        assert_eq!(socket.ending_within(REVOKED_WITHIN).await.1, 4401);
    }
    ada.get("/user/me").await.expect_refusal(401, "session_closed");
    assert_eq!(program.get("/allocations").await.refusal().status, 401);
    let body = json!({"email": ada.email, "password": PASSWORD});
    ada.post("/user/login", &body).await.expect_refusal(403, "account_suspended");
    let stopped = || async { berth.engine().containers().iter().filter(|one| one.is_running()).count() };
    until("the container to stop", stopped, |running| *running == 0).await;

    admin.delete(&path).await.expect(200);
    ada.log_in().await;
    let again = || async { program.get("/allocations").await.status };
    until("the key to open again", again, |status| *status == 200).await;
    assert_eq!(ada.settled(&cache.id).await.state, "stopped", "its owner starts it");
    assert_eq!(ada.change(&cache.id, "start").await.1.state, "running");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_goes_with_everything_it_owns_across_a_kill() {
    let mut berth = Berth::start().await;
    let admin = berth.person("admin").await;
    let ada = berth.person("ada").await;
    let redis = ada.machine("redis").await;
    let (cache, store) = (ada.running("redis", "cache").await, ada.running("nginx", "store").await);
    let mut socket = ada.follow(&cache.id).await;
    socket.until_type("ready").await;
    ada.post(&format!("/feed/{redis}/comments"), &json!({"text": "Runs well."})).await.expect(201);
    ada.put(&format!("/feed/{redis}/like"), &json!({"status": "like"})).await.expect(200);
    let id = ada.id().await;
    admin.delete("/user/me").await.expect_refusal(409, "last_admin");

    ada.delete("/user/me").await.expect(202);
    assert_eq!(socket.ending_within(REVOKED_WITHIN).await.1, 4401);
    berth.kill().await;
    berth.start_again().await;
    ada.get("/user/me").await.expect_refusal(401, "session_closed");
    let body = json!({"email": ada.email, "password": PASSWORD});
    ada.post("/user/login", &body).await.expect_refusal(401, "invalid_credentials");
    let left = || async { berth.engine().holdings() };
    until("its containers, volumes and network to go", left, |left| *left == Holdings::default()).await;
    let gone = || async { admin.get(&format!("/user/{id}")).await.status };
    until("the account to be gone", gone, |status| *status == 404).await;
    let said =
        || async { admin.get(&format!("/feed/{redis}/comments")).await.expect(200)["items"][0]["author"].clone() };
    let author = until("the comment to be nobody's", said, |author| author["name"] == "deleted user").await;
    assert_eq!(author["has_run"], false);
    let liked = || async { admin.get(&format!("/feed/{redis}/like")).await.expect(200)["likes"].clone() };
    until("the like to go", liked, |likes| *likes == 0).await;
    for allocation in [&cache, &store] {
        admin.get(&format!("/allocations/{}", allocation.id)).await.expect(200);
    }
    // The address is free for somebody new.
    let again = berth.anyone().post("/user/signup", &ada.sign_up()).await.expect(201);
    assert_ne!(again["id"].as_str(), Some(id.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_all_that_is_kept_of_a_person_and_no_secret() {
    let berth = Berth::start().await;
    berth.person("admin").await;
    let ada = berth.person("ada").await;
    let redis = ada.machine("redis").await;
    let cache = ada.running("redis", "cache").await;
    let secret = ada.connection(&cache.id, "uri").await;
    let password = secret.split([':', '@']).nth(2).expect("a password in the URI").to_owned();
    ada.post(&format!("/feed/{redis}/comments"), &json!({"text": "Runs well."})).await.expect(201);
    ada.put(&format!("/feed/{redis}/like"), &json!({"status": "like"})).await.expect(200);
    let program = ada.with_key("watcher", &["logs:read"]).await;
    program.get("/user/me/export").await.expect_refusal(403, "scope_missing");
    let look = || async { ada.get("/user/me/export").await };
    let whole = |reply: &berth_tests::Reply| reply.json()["audit"].as_array().is_some_and(|acts| acts.len() >= 4);
    let reply = until("an export with its acts", look, whole).await;
    assert!(reply.header("content-disposition").is_some_and(|value| value.starts_with("attachment")));
    let export = reply.expect(200);
    assert_eq!(export["user"]["email"], ada.email);
    assert_eq!(export["allocations"][0]["name"], "cache");
    assert_eq!(export["comments"][0]["text"], "Runs well.");
    assert_eq!(export["likes"][0]["machine_id"], redis);
    assert_eq!(export["api_keys"][0]["name"], "watcher");
    assert!(export["sessions"].as_array().is_some_and(|all| !all.is_empty()));
    assert!(export["notifications"]["deliveries"].as_array().is_some_and(|all| !all.is_empty()));
    for hidden in [password.as_str(), program.tokens.access_token.as_str(), PASSWORD] {
        assert!(!reply.text.contains(hidden), "a secret is in the export");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_closes_its_sockets() {
    let berth = Berth::start().await;
    let ada = berth.person("ada").await;
    let cache = ada.running("redis", "cache").await;
    let program = ada.with_key("watcher", &["logs:read"]).await;
    let mut socket = program.follow(&cache.id).await;
    socket.until_type("ready").await;
    program.get("/allocations").await.expect_refusal(403, "scope_missing");
    let key = ada.get("/user/api-keys").await.expect(200)["items"][0].clone();
    assert!(key.get("key").is_none(), "a key is told once");
    assert!(key["last_used_at"].is_string(), "{key}");
    ada.delete(&format!("/user/api-keys/{}", key["id"].as_str().unwrap_or_default())).await.expect(204);
    assert_eq!(socket.ending_within(REVOKED_WITHIN).await.1, 4401);
    assert_eq!(program.follow(&cache.id).await.ending().await.1, 4401);
}

/// Every act of a day, as its owner and as an admin read it.
#[tokio::test(flavor = "multi_thread")]
async fn every_act_stands_in_the_audit_list_once() {
    let berth = Berth::start().await;
    let admin = berth.person("admin").await;
    let ada = berth.person("ada").await;
    let cache = ada.running("redis", "cache").await;
    for verb in ["stop", "start", "restart"] {
        ada.change(&cache.id, verb).await;
    }
    ada.patch(&format!("/allocations/{}", cache.id), &json!({"name": "renamed"})).await.expect(200);
    ada.connection(&cache.id, "uri").await;
    assert_eq!(admin.change(&cache.id, "stop").await.1.state, "stopped");
    ada.post("/user/login", &json!({"email": ada.email, "password": "wrong, wrong, wrong"})).await.refusal();
    ada.remove(&cache.id).await;
    let expected = [
        "allocation.connect",
        "allocation.create",
        "allocation.remove",
        "allocation.rename",
        "allocation.restart",
        "allocation.start",
        "allocation.stop",
        "allocation.stop",
        "user.login",
        "user.login_failed",
        "user.signup",
        "user.verify",
    ];
    let own = all(&ada, "/user/me/audit", |acts| acts.len() >= expected.len()).await;
    let mut actions: Vec<&str> = own.iter().filter_map(|act| act["action"].as_str()).collect();
    actions.sort_unstable();
    assert_eq!(actions, expected);
    let by_admin: Vec<&Value> = own.iter().filter(|act| act["as_admin"] == true).collect();
    assert_eq!(by_admin.len(), 1, "{own:?}");
    assert_eq!((&by_admin[0]["action"], &by_admin[0]["address"]), (&json!("allocation.stop"), &Value::Null));
    let path = format!("/user/audit?subject_id={}", cache.id);
    let seen = all(&admin, &path, |acts| acts.len() >= 7).await;
    let ours = berth.clients_address();
    assert!(seen.iter().all(|act| act["address"] == ours && act["request_id"].is_string()), "{seen:?}");
    ada.get("/user/audit").await.expect_refusal(403, "forbidden");
}

/// The list once it is as long as it has to be.
async fn all(person: &Person, path: &str, enough: impl Fn(&Vec<Value>) -> bool) -> Vec<Value> {
    let look = || async { person.get(path).await.expect(200)["items"].as_array().cloned().unwrap_or_default() };
    until(&format!("all acts in {path}"), look, enough).await
}
