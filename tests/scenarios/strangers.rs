//! What is somebody's is nobody else's: every verb and both sockets, by who asks.

use berth_tests::{Berth, Person, PersonIs};
use reqwest::Method;
use serde_json::json;

use berth_tests::machine;

/// Every call about one allocation.
const VERBS: [(Method, &str); 9] = [
    (Method::GET, ""),
    (Method::POST, "/start"),
    (Method::POST, "/stop"),
    (Method::POST, "/restart"),
    (Method::GET, "/inspect"),
    (Method::GET, "/connection"),
    (Method::GET, "/events"),
    (Method::GET, "/logs"),
    (Method::DELETE, "?force=true"),
];

async fn everything_is_refused(person: &Person, id: &str, status: u16, code: &str) {
    for (method, rest) in VERBS {
        let reply = person.send(method, &format!("/allocations/{id}{rest}"), &[], None).await;
        reply.expect_refusal(status, code);
    }
}

/// Both ways to a log: by address, and by message as older clients ask.
async fn both_sockets_are_refused(person: &Person, id: &str, code: &str, close: u16) {
    assert_eq!(person.follow(id).await.ending().await, (Some(code.to_owned()), close), "{}", person.name);
    let mut older = person.socket("/interact").await;
    older.say(&json!({"event": "SEND_LOGS", "containerId": id, "token": person.tokens.access_token})).await;
    assert_eq!(older.ending().await, (Some(code.to_owned()), close), "{}", person.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allocation_is_its_tenants_alone() {
    let berth = Berth::start().await;
    let admin = berth.person("admin").await;
    let ada = berth.person("ada").await;
    let bob = berth.person("bob").await;
    let eve = berth.person_who("eve", PersonIs::Unverified).await;
    let redis = ada.running("redis", "cache").await;

    everything_is_refused(&bob, &redis.id, 404, "allocation_not_found").await;
    for stranger in [&bob, &admin] {
        both_sockets_are_refused(stranger, &redis.id, "allocation_not_found", 4404).await;
        assert_eq!(stranger.get("/allocations").await.expect(200)["items"], json!([]));
    }
    // An admin sees, stops and removes what is another's; the matrix has each verb.
    for inside in ["/connection", "/logs", "/inspect", "/events"] {
        let reply = admin.get(&format!("/allocations/{}{inside}", redis.id)).await;
        reply.expect_refusal(404, "allocation_not_found");
    }
    let nobody = everything_like(&bob, "0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a").await;
    let stranger = everything_like(&bob, &redis.id).await;
    assert_eq!(nobody, stranger, "what is another's looks like what is not there");

    everything_is_refused(&eve, &redis.id, 403, "user_not_verified").await;
    both_sockets_are_refused(&eve, &redis.id, "user_not_verified", 4403).await;
    let body = json!({"machine_id": ada.machine("redis").await});
    eve.post("/allocations", &body).await.expect_refusal(403, "user_not_verified");

    everything_is_refused(&berth.anyone(), &redis.id, 401, "unauthenticated").await;
    berth.anyone().post("/allocations", &body).await.expect_refusal(401, "unauthenticated");
    let mut silent = berth.anyone().follow(&redis.id).await;
    assert_eq!(silent.ending().await.1, 4408, "who says nothing is not waited for");

    let foreign = [("berth-tenant", tenant_of(&ada).await)];
    let headers: Vec<(&str, &str)> = foreign.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let reply = bob.send(Method::GET, &format!("/allocations/{}", redis.id), &headers, None).await;
    assert!(matches!(reply.refusal().status, 403 | 404), "another's tenant is not taken: {}", reply.text);
    assert_eq!(ada.show(&redis.id).await.state, "running", "nothing of this did anything");
}

async fn tenant_of(person: &Person) -> String {
    let items = person.get("/allocations").await.expect(200);
    items["items"][0]["tenant_id"].as_str().unwrap().to_owned()
}

/// What all verbs answer about an id, without what differs from request to request.
async fn everything_like(person: &Person, id: &str) -> Vec<(u16, String, String)> {
    let mut answers = Vec::new();
    for (method, rest) in VERBS {
        let reply = person.send(method, &format!("/allocations/{id}{rest}"), &[], None).await;
        let detail = reply.json()["detail"].as_str().unwrap_or_default().to_owned();
        answers.push((reply.status, reply.refusal().code, detail));
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_is_changed_by_admins_only() {
    let berth = Berth::start().await;
    let admin = berth.person("admin").await;
    let bob = berth.person("bob").await;
    let body = machine::tiny("mine", machine::SERVE);
    berth.anyone().post("/machines", &body).await.expect_refusal(401, "unauthenticated");
    bob.post("/machines", &body).await.expect_refusal(403, "forbidden");
    let redis = bob.machine("redis").await;
    bob.delete(&format!("/machines/{redis}")).await.expect_refusal(403, "forbidden");
    assert_eq!(admin.get("/machines?name=mine").await.expect(200)["items"], json!([]));
    let made = admin.add_machine(&body).await;
    assert_eq!(berth.anyone().machine("mine").await, made, "anyone reads");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_ours_opens_nothing() {
    let berth = Berth::start().await;
    let ada = berth.person("ada").await;
    let real = ada.tokens.access_token.clone();
    let (head, rest) = real.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let flipped: String = signature.chars().rev().collect();
    for token in [
        "nonsense".to_owned(),
        format!("{head}.{claims}."),
        format!("{none}.{claims}."),
        format!("{head}.{claims}.{flipped}"),
        format!("{head}.{claims}x.{signature}"),
        ada.tokens.refresh_token.clone(),
        "x".repeat(6000),
    ] {
        let mut thief = berth.anyone();
        thief.tokens.access_token = token;
        thief.get("/user/me").await.expect_refusal(401, "unauthenticated");
        thief.get("/allocations").await.expect_refusal(401, "unauthenticated");
        assert_eq!(thief.follow("0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a").await.ending().await.1, 4401);
    }
    assert_eq!(ada.get("/user/me").await.expect(200)["email"], "ada@example.org");
}
