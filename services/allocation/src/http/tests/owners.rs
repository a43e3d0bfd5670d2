//! What owners do with their own: every verb is on record, and nobody else may.

use actix_web::http::Method;
use kit::{ErrorCode, Scope};
use serde_json::{Value, json};
use testkit::Who;

use crate::domain::lifecycle::State;
use crate::store::sql::tests::wrong::mute;
use crate::testing::service::Bench;

/// Every operation on one allocation: method, path behind its id, body, and the scope that a key needs.
fn operations() -> Vec<(Method, &'static str, Option<Value>, Scope)> {
    vec![
        (Method::GET, "", None, Scope::AllocationsRead),
        (Method::GET, "/inspect", None, Scope::AllocationsRead),
        (Method::GET, "/events", None, Scope::AllocationsRead),
        (Method::GET, "/connection", None, Scope::ConnectionsRead),
        (Method::GET, "/logs", None, Scope::LogsRead),
        (Method::PATCH, "", Some(json!({"name": "other"})), Scope::AllocationsWrite),
        (Method::POST, "/restart", None, Scope::AllocationsWrite),
        (Method::POST, "/stop", None, Scope::AllocationsWrite),
        (Method::POST, "/start", None, Scope::AllocationsWrite),
        (Method::DELETE, "", None, Scope::AllocationsWrite),
    ]
}

#[actix_web::test]
async fn an_allocation_is_nobody_elses() {
    let bench = Bench::start().await;
    let ((_, ada), (_, bob), (_, unverified)) =
        (bench.login(Who::Verified), bench.login(Who::Verified), bench.login(Who::Unverified));
    let id = bench.create(&ada, "cache").await;
    for (method, rest, body, _) in operations() {
        for (token, status, code) in
            [("", 401, "unauthenticated"), (&unverified, 403, "user_not_verified"), (&bob, 404, "allocation_not_found")]
        {
            let path = format!("/allocations/{id}{rest}");
            let (got, problem) = bench.call(token, method.clone(), &path, body.clone()).await;
            assert_eq!((got, problem["code"].as_str()), (status, Some(code)), "{method} {rest}");
        }
        let (got, problem) = bench.call(&ada, method.clone(), &format!("/allocations/x{rest}"), body).await;
        assert_eq!((got, problem["field"].as_str()), (400, Some("id")), "{method} {rest}");
    }
}

#[actix_web::test]
async fn a_key_does_what_its_scope_says_and_no_more() {
    let bench = Bench::start().await;
    let (ada, token) = bench.login(Who::Verified);
    let id = bench.create(&token, "cache").await;
    bench.until(id, State::Running).await;
    for (method, rest, body, scope) in operations() {
        let path = format!("/allocations/{id}{rest}");
        let others: Vec<Scope> = Scope::ALL.iter().copied().filter(|other| *other != scope).collect();
        let (status, problem) =
            bench.call(&bench.door.api_key(&ada, &others), method.clone(), &path, body.clone()).await;
        assert_eq!((status, problem["code"].as_str()), (403, Some("scope_missing")), "{method} {rest}");
        let (status, answer) = bench.call(&bench.door.api_key(&ada, &[scope]), method.clone(), &path, body).await;
        assert!((200..300).contains(&status), "{method} {rest}: {answer}");
    }
    for (path, scope) in [("/allocations", Scope::AllocationsRead), ("/allocations/quota", Scope::AllocationsRead)] {
        let (without, with) = (bench.door.api_key(&ada, &[Scope::LogsRead]), bench.door.api_key(&ada, &[scope]));
        assert_eq!((bench.get(&without, path).await.0, bench.get(&with, path).await.0), (403, 200), "{path}");
    }
}

#[actix_web::test]
async fn every_verb_is_on_record_with_its_actor_and_key() {
    let bench = Bench::start().await;
    let (ada, token) = bench.login(Who::Verified);
    let id = bench.create(&token, "cache").await;
    bench.until(id, State::Running).await;
    let key = bench.door.api_key(&ada, &[Scope::ConnectionsRead]);
    for (path, state) in [("stop", State::Stopped), ("start", State::Running), ("restart", State::Running)] {
        assert_eq!(bench.post(&token, &format!("/allocations/{id}/{path}")).await.0, 202);
        bench.until(id, state).await;
    }
    assert_eq!(bench.get(&key, &format!("/allocations/{id}/connection")).await.0, 200);
    assert_eq!(bench.get(&token, &format!("/allocations/{id}/logs")).await.0, 200);
    let renamed = json!({"name": "other"});
    assert_eq!(bench.call(&token, Method::PATCH, &format!("/allocations/{id}"), Some(renamed)).await.0, 200);
    let (status, _) = bench.call(&token, Method::DELETE, &format!("/allocations/{id}?force=true"), None).await;
    assert_eq!(status, 202);
    let acts = bench.acts().await;
    let told: Vec<&str> = acts.iter().map(|act| act.action.trim_start_matches("allocation.")).collect();
    assert_eq!(told, ["create", "stop", "start", "restart", "connect", "logs", "rename", "remove"]);
    for act in &acts {
        assert_eq!((act.actor.as_str(), act.as_admin), (ada.user.to_string().as_str(), false));
        assert_eq!((&act.tenant_id, &act.subject_id), (&Some(ada.tenant.to_string()), &id.to_string()));
        assert_eq!(act.key.is_some(), act.action == "allocation.connect");
    }
    assert_eq!((acts[6].details["before"].as_str(), acts[6].details["name"].as_str()), ("cache", "other"));
    assert_eq!((acts[7].details["force"].as_str(), acts[7].details["name"].as_str()), ("true", "other"));
    let values = bench.world.store.values(ada.tenant, id).await.unwrap();
    let secret = values.0["password"].as_text();
    assert!(acts.iter().all(|act| !format!("{act:?}").contains(&secret)), "no secret is on record");
}

#[actix_web::test]
async fn what_is_refused_is_not_on_record() {
    let bench = Bench::start().await;
    let ((_, ada), (_, bob)) = (bench.login(Who::Verified), bench.login(Who::Verified));
    let id = bench.create(&ada, "cache").await;
    // It does not run yet, so there is nothing to connect to.
    assert_eq!(bench.get(&ada, &format!("/allocations/{id}/connection")).await.1["code"], "allocation_not_running");
    assert_eq!(bench.post(&ada, &format!("/allocations/{id}/restart")).await.1["code"], "allocation_busy");
    bench.post(&bob, &format!("/allocations/{id}/stop")).await;
    bench.engine.fail("log", ErrorCode::PeerUnavailable);
    assert_eq!(bench.get(&ada, &format!("/allocations/{id}/logs")).await.0, 503);
    assert_eq!(bench.acts().await.len(), 1, "only the creation");
}

#[actix_web::test]
async fn what_cannot_be_recorded_is_not_given() {
    let bench = Bench::over(mute().await);
    let ((ada, token), (_, admin)) = (bench.login(Who::Verified), bench.login(Who::Admin));
    let id = bench.create(&token, "cache").await;
    bench.until(id, State::Running).await;
    bench.engine.say(id, ["hush".to_owned()]);
    let own = format!("/allocations/{id}");
    for (token, path) in [
        (&token, format!("{own}/connection")),
        (&token, format!("{own}/logs")),
        (&admin, own.clone()),
        (&admin, "/allocations?tenant_id=all".to_owned()),
    ] {
        let (status, answer) = bench.get(token, &path).await;
        assert_eq!((status, answer["code"].as_str()), (503, Some("store_unavailable")), "{path}");
    }
    let secret = bench.world.store.values(ada.tenant, id).await.unwrap().0["password"].as_text();
    let (_, refusal) = bench.get(&token, &format!("{own}/connection")).await;
    assert!(!refusal.to_string().contains(&secret));
    assert_eq!(bench.get(&token, &own).await.0, 200, "one's own is shown without a record");
}

#[actix_web::test]
async fn a_name_is_changed_in_any_state_and_a_bad_one_is_refused() {
    let bench = Bench::start().await;
    let (_, token) = bench.login(Who::Verified);
    let id = bench.create(&token, "cache").await;
    bench.create(&token, "taken").await;
    let path = format!("/allocations/{id}");
    let rename = async |body: Value| bench.call(&token, Method::PATCH, &path, Some(body)).await;
    let (status, renamed) = rename(json!({"name": "store"})).await;
    assert_eq!((status, &renamed["name"], &renamed["state"]), (200, &json!("store"), &json!("requested")));
    assert_eq!(rename(json!({"name": "store"})).await, (200, renamed.clone()), "twice is once");
    for (body, status, code, field) in [
        (json!({"name": "Not A Name"}), 400, "invalid_input", "name"),
        (json!({"name": ""}), 400, "invalid_input", "name"),
        (json!({"name": 7}), 400, "invalid_input", "name"),
        (json!({}), 400, "invalid_input", "name"),
        (json!({"name": "x", "state": "running"}), 400, "unknown_field", "state"),
        (json!({"name": "taken"}), 409, "name_taken", "name"),
    ] {
        let (got, problem) = rename(body.clone()).await;
        assert_eq!(
            (got, problem["code"].as_str(), problem["field"].as_str()),
            (status, Some(code), Some(field)),
            "{body}"
        );
    }
    assert_eq!(bench.until(id, State::Running).await.name, "store", "the saga leaves the name");
    assert_eq!(rename(json!({"name": "again"})).await.1["name"], "again");
    bench.call(&token, Method::DELETE, &path, None).await;
    bench.until(id, State::Removed).await;
    let (status, problem) = rename(json!({"name": "late"})).await;
    assert_eq!((status, &problem["code"]), (409, &json!("allocation_removed")));
}

#[actix_web::test]
async fn a_number_in_a_query_may_be_as_great_as_the_document_says() {
    let bench = Bench::start().await;
    let (_, token) = bench.login(Who::Verified);
    let id = bench.create(&token, "cache").await;
    let document = bench.document();
    for (rest, name) in [("", "timeout"), ("/logs", "tail")] {
        let parameters = &document["paths"][format!("/allocations/{{id}}{rest}")]["get"]["parameters"];
        let parameter = parameters.as_array().unwrap().iter().find(|parameter| parameter["name"] == name).unwrap();
        let greatest = parameter["schema"]["maximum"].as_u64().unwrap();
        let (status, answer) = bench.get(&token, &format!("/allocations/{id}{rest}?{name}={greatest}")).await;
        assert_eq!(status, 200, "{name}: {answer}");
        let (status, problem) = bench.get(&token, &format!("/allocations/{id}{rest}?{name}={}", greatest + 1)).await;
        assert_eq!((status, problem["code"].as_str()), (400, Some("invalid_input")), "{name}");
    }
}
