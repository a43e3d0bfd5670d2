//! What admins do with what is not theirs: list, show, stop and remove, on record, and nothing else.

use actix_web::http::Method;
use kit::Scope;
use serde_json::json;
use testkit::Who;

use crate::domain::lifecycle::State;
use crate::testing::service::Bench;

#[actix_web::test]
async fn an_admin_lists_anybodys_and_others_only_their_own() {
    let bench = Bench::start().await;
    let ((ada, token), (bob, bobs), (_, admin)) =
        (bench.login(Who::Verified), bench.login(Who::Verified), bench.login(Who::Admin));
    let (one, two) = (bench.create(&token, "one").await, bench.create(&bobs, "two").await);
    let ids = async |query: String| {
        let (status, list) = bench.get(&admin, &format!("/allocations{query}")).await;
        assert_eq!(status, 200, "{list}");
        let items = list["items"].as_array().unwrap();
        items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(ids(String::new()).await.is_empty(), "an admin's own list is the admin's");
    assert_eq!(ids("?tenant_id=all&sort=name".to_owned()).await, [one.to_string(), two.to_string()]);
    assert_eq!(ids(format!("?tenant_id={}", bob.tenant)).await, [two.to_string()]);
    assert_eq!(ids("?tenant_id=all&name=one".to_owned()).await, [one.to_string()]);
    let acts: Vec<_> = bench.acts().await.into_iter().filter(|act| act.action == "allocation.list").collect();
    assert_eq!(
        acts.iter().map(|act| act.tenant_id.clone()).collect::<Vec<_>>(),
        [None, Some(bob.tenant.to_string()), None]
    );
    assert!(acts.iter().all(|act| act.as_admin));
    for query in ["all".to_owned(), bob.tenant.to_string()] {
        let (status, problem) = bench.get(&token, &format!("/allocations?tenant_id={query}")).await;
        assert_eq!((status, &problem["code"]), (403, &json!("forbidden")));
    }
    let (status, own) = bench.get(&token, &format!("/allocations?tenant_id={}", ada.tenant)).await;
    assert_eq!((status, &own["items"][0]["id"]), (200, &json!(one)));
}

#[actix_web::test]
async fn an_admin_shows_stops_and_removes_anybodys_on_record() {
    let bench = Bench::start().await;
    let ((ada, token), (root, admin)) = (bench.login(Who::Verified), bench.login(Who::Admin));
    let id = bench.create(&token, "cache").await;
    bench.until(id, State::Running).await;
    let path = format!("/allocations/{id}");
    let (status, shown) = bench.get(&admin, &path).await;
    assert_eq!((status, &shown["tenant_id"]), (200, &json!(ada.tenant)));
    assert_eq!(bench.get(&admin, &format!("{path}?wait_for=running")).await.0, 200);
    assert_eq!(bench.post(&admin, &format!("{path}/stop")).await.0, 202);
    bench.until(id, State::Stopped).await;
    assert_eq!(bench.post(&admin, &format!("{path}/stop")).await.0, 202, "twice is once");
    let (_, events) = bench.get(&token, &format!("{path}/events")).await;
    let stopping = &events["items"][1];
    assert_eq!((&stopping["state"], &stopping["cause"]), (&json!("stopping"), &json!("admin")));
    assert_eq!(stopping["actor"], json!(root.user));
    assert_eq!(bench.call(&admin, Method::DELETE, &path, None).await.0, 202);
    bench.until(id, State::Removed).await;
    let acts = bench.acts().await;
    let told: Vec<&str> = acts[1..].iter().map(|act| act.action.trim_start_matches("allocation.")).collect();
    assert_eq!(told, ["show", "show", "stop", "stop", "remove"]);
    for act in &acts[1..] {
        assert_eq!((act.actor.clone(), act.as_admin), (root.user.to_string(), true));
        assert_eq!((act.tenant_id.clone(), act.subject_id.clone()), (Some(ada.tenant.to_string()), id.to_string()));
    }
}

#[actix_web::test]
async fn what_is_inside_anothers_is_not_an_admins() {
    let bench = Bench::start().await;
    let ((_, token), (_, admin)) = (bench.login(Who::Verified), bench.login(Who::Admin));
    let id = bench.create(&token, "cache").await;
    bench.until(id, State::Running).await;
    let rename = json!({"name": "mine"});
    for (method, rest, body) in [
        (Method::GET, "/connection", None),
        (Method::GET, "/logs", None),
        (Method::GET, "/inspect", None),
        (Method::GET, "/events", None),
        (Method::POST, "/start", None),
        (Method::POST, "/restart", None),
        (Method::PATCH, "", Some(rename)),
    ] {
        let (status, problem) = bench.call(&admin, method.clone(), &format!("/allocations/{id}{rest}"), body).await;
        assert_eq!((status, problem["code"].as_str()), (404, Some("allocation_not_found")), "{method} {rest}");
    }
    let nobodys = "/allocations/0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a";
    assert_eq!(bench.get(&admin, nobodys).await.1["code"], "allocation_not_found");
    assert_eq!(bench.acts().await.len(), 1, "only the creation");
}

#[actix_web::test]
async fn an_admin_is_an_owner_of_what_is_the_admins() {
    let bench = Bench::start().await;
    let (root, admin) = bench.login(Who::Admin);
    let id = bench.create(&admin, "mine").await;
    bench.until(id, State::Running).await;
    assert_eq!(bench.get(&admin, &format!("/allocations/{id}/connection")).await.0, 200);
    assert_eq!(bench.post(&admin, &format!("/allocations/{id}/stop")).await.0, 202);
    let (_, events) = bench.get(&admin, &format!("/allocations/{id}/events")).await;
    assert_eq!((&events["items"][0]["cause"], &events["items"][0]["actor"]), (&json!("user"), &json!(root.user)));
    assert!(bench.acts().await.iter().all(|act| !act.as_admin));
}

#[actix_web::test]
async fn an_admins_key_needs_the_admins_scope_for_anothers() {
    let bench = Bench::start().await;
    let ((_, token), (root, admin)) = (bench.login(Who::Verified), bench.login(Who::Admin));
    let (theirs, own) = (bench.create(&token, "theirs").await, bench.create(&admin, "own").await);
    let narrow = bench.door.api_key(&root, &[Scope::AllocationsRead, Scope::AllocationsWrite]);
    let reads = bench.door.api_key(&root, &[Scope::AllocationsRead, Scope::AllocationsWrite, Scope::AdminRead]);
    let writes = bench.door.api_key(&root, &[Scope::AllocationsWrite, Scope::AdminWrite]);
    assert_eq!(bench.get(&narrow, &format!("/allocations/{own}")).await.0, 200);
    assert_eq!(bench.get(&narrow, &format!("/allocations/{theirs}")).await.0, 404);
    assert_eq!(bench.get(&narrow, "/allocations?tenant_id=all").await.1["code"], "scope_missing");
    assert_eq!(bench.get(&reads, &format!("/allocations/{theirs}")).await.0, 200);
    assert_eq!(bench.get(&reads, "/allocations?tenant_id=all").await.0, 200);
    assert_eq!(bench.post(&reads, &format!("/allocations/{theirs}/stop")).await.0, 404);
    assert_eq!(bench.post(&writes, &format!("/allocations/{theirs}/stop")).await.0, 202);
}
