//! Comments over REST.

use std::time::Duration;

use bus::{Source as _, Topic};
use kit::{Caller, Scope};
use prost::Message as _;
use proto::v1::AuditRecorded;
use testkit::Who;

use super::*;
use crate::config::FeedConfig;

impl Bench {
    fn comments(&self) -> String {
        format!("/feed/{}/comments", self.machine)
    }

    /// Somebody verified whose name the feed knows.
    async fn known(&self) -> (Caller, String) {
        let (caller, token) = self.door.login(Who::Verified);
        self.hear(Topic::User, vec![self.ada(caller.user, 1, |_| ())]).await;
        (caller, token)
    }

    async fn say(&self, token: &str, text: &str) -> Reply {
        self.clock.advance(Duration::from_millis(2));
        self.call(Some(token), Method::POST, &self.comments(), Some(json!({"text": text}))).await
    }

    /// Says something and gives its place.
    async fn said(&self, token: &str, text: &str) -> String {
        let reply = self.say(token, text).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply.location.unwrap()
    }

    async fn edit(&self, token: &str, path: &str, text: &str) -> Reply {
        self.call(Some(token), Method::PATCH, path, Some(json!({"text": text}))).await
    }

    async fn delete(&self, token: &str, path: &str) -> Reply {
        self.call(Some(token), Method::DELETE, path, None).await
    }

    async fn list(&self, query: &str) -> Value {
        self.call(None, Method::GET, &format!("{}{query}", self.comments()), None).await.body
    }

    async fn recorded(&self) -> Vec<AuditRecorded> {
        let records = self.acts.after(0, 100).await.unwrap();
        records.iter().map(|record| AuditRecorded::decode(record.event.data.as_slice()).unwrap()).collect()
    }
}

#[actix_web::test]
async fn a_comment_is_shown_whole_with_its_author_and_badge() {
    let feed = Bench::start().await;
    let (ada, token) = feed.known().await;
    feed.hear(Topic::Allocation, vec![feed.allocation(ada.user, "running", true)]).await;
    let reply = feed.say(&token, " <i>fast</i>\nand small ").await;
    let expected = json!({
        "id": reply.body["id"],
        "machine_id": feed.machine.to_string(),
        "author": {"id": ada.user.to_string(), "name": "Ada L.", "has_run": true},
        "text": "<i>fast</i>\nand small",
        "created_at": feed.ambient.now().to_string(),
        "edited_at": null,
    });
    assert_eq!((reply.status, &reply.body), (201, &expected));
    let place = format!("{}/{}", feed.comments(), reply.body["id"].as_str().unwrap());
    assert_eq!(reply.location, Some(place));
    assert_eq!(feed.list("").await, json!({"items": [expected], "next_cursor": null}));
}

#[actix_web::test]
async fn the_list_is_newest_first_and_read_in_pieces() {
    let feed = Bench::start().await;
    let (_, token) = feed.known().await;
    assert_eq!(feed.list("").await, json!({"items": [], "next_cursor": null}));
    for text in ["one", "two", "three"] {
        feed.said(&token, text).await;
    }
    let texts = |piece: &Value| piece["items"].as_array().unwrap().iter().map(|item| item["text"].clone()).collect();
    let first = feed.list("?limit=2").await;
    assert_eq!(texts(&first), json!(["three", "two"]));
    let rest = feed.list(&format!("?limit=2&cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!((texts(&rest), &rest["next_cursor"]), (json!(["one"]), &Value::Null));
}

#[actix_web::test]
async fn an_author_edits_and_removes_and_a_repeat_finds_nothing() {
    let feed = Bench::start().await;
    let (_, token) = feed.known().await;
    let place = feed.said(&token, "slow").await;
    feed.clock.advance(Duration::from_secs(5));
    let edited_at = json!(feed.ambient.now().to_string());
    for _ in 0..2 {
        let edited = feed.edit(&token, &place, "fast").await;
        assert_eq!((edited.status, &edited.body["text"]), (200, &json!("fast")));
        assert_eq!(edited.body["edited_at"], edited_at, "the same again is no edit");
        feed.clock.advance(Duration::from_secs(5));
    }
    let deleted = feed.delete(&token, &place).await;
    assert_eq!((deleted.status, deleted.body), (204, Value::Null));
    assert_eq!(feed.delete(&token, &place).await.problem(), (404, "comment_not_found"));
    assert_eq!(feed.edit(&token, &place, "again").await.problem(), (404, "comment_not_found"));
    assert_eq!(feed.list("").await["items"], json!([]));
}

#[actix_web::test]
async fn a_stranger_changes_nothing_and_an_admin_removes_but_does_not_edit() {
    let feed = Bench::start().await;
    let ((ada, token), (_, stranger)) = (feed.known().await, feed.door.login(Who::Verified));
    let (admin, admins) = feed.door.login(Who::Admin);
    let place = feed.said(&token, "mine").await;
    assert_eq!(feed.edit(&stranger, &place, "yours").await.problem(), (403, "forbidden"));
    assert_eq!(feed.delete(&stranger, &place).await.problem(), (403, "forbidden"));
    assert_eq!(feed.edit(&admins, &place, "ours").await.problem(), (403, "forbidden"));
    assert_eq!(feed.list("").await["items"][0]["text"], json!("mine"));
    assert_eq!(feed.delete(&admins, &place).await.status, 204);
    let acts = feed.recorded().await;
    let told: Vec<_> = acts.iter().map(|act| (act.action.as_str(), act.as_admin)).collect();
    assert_eq!(told, [("comment.create", false), ("comment.delete", true)]);
    assert_eq!((&acts[1].actor, &acts[1].details["author"]), (&admin.user.to_string(), &ada.user.to_string()));
}

#[actix_web::test]
async fn an_admins_key_removes_only_with_the_admins_scope() {
    let feed = Bench::start().await;
    let ((_, token), (admin, _)) = (feed.known().await, feed.door.login(Who::Admin));
    let place = feed.said(&token, "mine").await;
    let feeds = feed.door.api_key(&admin, &[Scope::FeedWrite]);
    assert_eq!(feed.delete(&feeds, &place).await.problem(), (403, "scope_missing"));
    // What is the key's user's own needs no admin.
    let own = feed.said(&feeds, "own").await;
    assert_eq!(feed.delete(&feeds, &own).await.status, 204);
    let both = feed.door.api_key(&admin, &[Scope::FeedWrite, Scope::AdminWrite]);
    assert_eq!(feed.delete(&both, &place).await.status, 204);
}

#[actix_web::test]
async fn only_the_verified_write_and_keys_only_with_their_scope() {
    let feed = Bench::start().await;
    let ((ada, token), (_, unverified)) = (feed.known().await, feed.door.login(Who::Unverified));
    let place = feed.said(&token, "mine").await;
    let key = feed.door.api_key(&ada, &[Scope::AdminWrite]);
    for (method, path) in
        [(Method::POST, feed.comments()), (Method::PATCH, place.clone()), (Method::DELETE, place.clone())]
    {
        let body = || Some(json!({"text": "hello"}));
        for (token, expected) in [
            (None, (401, "unauthenticated")),
            (Some(&unverified), (403, "user_not_verified")),
            (Some(&key), (403, "scope_missing")),
        ] {
            let refused = feed.call(token.map(String::as_str), method.clone(), &path, body()).await;
            assert_eq!(refused.problem(), expected, "{method}");
        }
    }
    for token in [&unverified, &key] {
        assert_eq!(feed.call(Some(token), Method::GET, &feed.comments(), None).await.status, 200);
    }
    assert_eq!(feed.call(Some("x"), Method::GET, &feed.comments(), None).await.status, 401);
}

#[actix_web::test]
async fn a_comment_is_found_under_its_own_machine_only() {
    let feed = Bench::start().await;
    let (_, token) = feed.known().await;
    let place = feed.said(&token, "mine").await;
    let elsewhere = place.replace(&feed.machine.to_string(), NOWHERE);
    let list = format!("/feed/{NOWHERE}/comments");
    let body = || Some(json!({"text": "hello"}));
    for (method, path, body) in [
        (Method::GET, &list, None),
        (Method::POST, &list, body()),
        (Method::PATCH, &elsewhere, body()),
        (Method::DELETE, &elsewhere, None),
    ] {
        assert_eq!(feed.call(Some(&token), method, path, body).await.problem(), (404, "machine_not_found"));
    }
    let unknown = format!("{}/{NOWHERE}", feed.comments());
    assert_eq!(feed.edit(&token, &unknown, "hello").await.problem(), (404, "comment_not_found"));
    assert_eq!(feed.delete(&token, &unknown).await.problem(), (404, "comment_not_found"));
}

#[actix_web::test]
async fn what_is_wrong_is_named() {
    let feed = Bench::start().await;
    let (_, token) = feed.known().await;
    let place = feed.said(&token, "mine").await;
    let table = [
        (json!({}), "text", "invalid_input"),
        (json!({"text": 5}), "text", "invalid_input"),
        (json!({"text": " \n "}), "text", "invalid_input"),
        (json!({"text": "x".repeat(2001)}), "text", "invalid_input"),
        (json!({"text": "\u{1b}[2J"}), "text", "invalid_input"),
        (json!({"text": "hello", "stars": 5}), "stars", "unknown_field"),
    ];
    for (body, field, code) in table {
        for (method, path) in [(Method::POST, &feed.comments()), (Method::PATCH, &place)] {
            let refused = feed.call(Some(&token), method, path, Some(body.clone())).await;
            assert_eq!(refused.refused(), (400, code, field), "{body}");
        }
    }
    for (query, field, code) in [
        ("limit=0", "limit", "invalid_input"),
        ("limit=201", "limit", "invalid_input"),
        ("limit=x", "limit", "invalid_input"),
        ("cursor=%25%25", "cursor", "invalid_input"),
        ("cursor=eA", "cursor", "invalid_input"),
        ("sort=id", "sort", "unknown_field"),
    ] {
        let refused = feed.call(None, Method::GET, &format!("{}?{query}", feed.comments()), None).await;
        assert_eq!(refused.refused(), (400, code, field), "{query}");
    }
    let refused = feed.call(None, Method::GET, "/feed/nothing/comments", None).await;
    assert_eq!(refused.refused(), (400, "invalid_input", "machine_id"));
    assert_eq!(feed.delete(&token, &format!("{}/x", feed.comments())).await.refused(), (400, "invalid_input", "id"));
}

#[actix_web::test]
async fn thirty_comments_an_hour_are_enough() {
    let feed = Bench::start().await;
    let (_, token) = feed.known().await;
    for _ in 0..30 {
        feed.said(&token, "again").await;
    }
    feed.clock.advance(Duration::from_secs(600));
    let refused = feed.say(&token, "again").await;
    assert_eq!((refused.problem(), refused.retry_after.as_deref()), ((429, "rate_limited"), Some("3000")));
}

#[actix_web::test]
async fn an_author_has_a_name_in_the_answer_when_the_event_comes_in_time() {
    let patient = FeedConfig { patience: Duration::from_secs(30), ..FeedConfig::default() };
    let feed = Bench::configured(patient).await;
    let (ada, token) = feed.door.login(Who::Verified);
    let telling = async {
        testkit::until(|| async { feed.list("").await["items"].as_array().unwrap().len() }, |many| *many == 1).await;
        feed.hear(Topic::User, vec![feed.ada(ada.user, 1, |_| ())]).await;
    };
    let (said, ()) = tokio::join!(feed.say(&token, "hello"), telling);
    assert_eq!(said.body["author"]["name"], json!("Ada L."));
}

#[actix_web::test]
async fn an_author_whom_no_event_names_yet_is_somebody() {
    let feed = Bench::start().await;
    let (ada, token) = feed.door.login(Who::Verified);
    let said = feed.say(&token, "hello").await;
    let expected = json!({"id": ada.user.to_string(), "name": "somebody", "has_run": false});
    assert_eq!((said.status, &said.body["author"]), (201, &expected));
}

#[actix_web::test]
async fn a_deleted_users_comment_stays_without_them() {
    let feed = Bench::start().await;
    let (ada, token) = feed.known().await;
    feed.hear(Topic::Allocation, vec![feed.allocation(ada.user, "running", true)]).await;
    let place = feed.said(&token, "stays").await;
    feed.hear(Topic::User, vec![feed.ada(ada.user, 2, |ada| ada.deleting = true)]).await;
    let expected = json!({"id": null, "name": "deleted user", "has_run": false});
    assert_eq!(feed.list("").await["items"][0]["author"], expected);
    feed.hear(Topic::User, vec![feed.ada(ada.user, 3, |ada| ada.deleted = true)]).await;
    assert_eq!(feed.list("").await["items"][0]["author"], expected);
    let (_, admins) = feed.door.login(Who::Admin);
    assert_eq!(feed.delete(&admins, &place).await.status, 204);
}
