//! Likes over REST.

use kit::Scope;
use testkit::Who;

use super::*;

impl Bench {
    fn like(&self) -> String {
        format!("/feed/{}/like", self.machine)
    }

    async fn judge(&self, token: Option<&str>, method: Method, body: Option<Value>) -> (u16, Value) {
        let reply = self.call(token, method, &self.like(), body).await;
        (reply.status, reply.body)
    }

    async fn put(&self, token: &str, status: &str) -> (u16, Value) {
        self.judge(Some(token), Method::PUT, Some(json!({"status": status}))).await
    }
}

fn standing(likes: u64, dislikes: u64, mine: Option<&str>) -> (u16, Value) {
    (200, json!({"likes": likes, "dislikes": dislikes, "mine": mine}))
}

#[actix_web::test]
async fn a_like_is_counted_shown_as_mine_and_taken_back() {
    let feed = Bench::start().await;
    let ((_, ada), (_, bob)) = (feed.door.login(Who::Verified), feed.door.login(Who::Verified));
    assert_eq!(feed.put(&ada, "like").await, standing(1, 0, Some("like")));
    assert_eq!(feed.put(&bob, "dislike").await, standing(1, 1, Some("dislike")));
    assert_eq!(feed.judge(None, Method::GET, None).await, standing(1, 1, None));
    assert_eq!(feed.judge(Some(&ada), Method::GET, None).await, standing(1, 1, Some("like")));
    assert_eq!(feed.judge(Some(&ada), Method::DELETE, None).await, standing(0, 1, None));
}

#[actix_web::test]
async fn only_verified_users_judge() {
    let feed = Bench::start().await;
    let (_, unverified) = feed.door.login(Who::Unverified);
    for method in [Method::PUT, Method::DELETE] {
        let body = || Some(json!({"status": "like"}));
        let refused = feed.call(Some(&unverified), method.clone(), &feed.like(), body()).await;
        assert_eq!(refused.problem(), (403, "user_not_verified"));
        assert_eq!(feed.call(None, method, &feed.like(), body()).await.problem(), (401, "unauthenticated"));
    }
    assert_eq!(feed.judge(Some(&unverified), Method::GET, None).await, standing(0, 0, None));
    // A token that is none is refused, also where none is needed.
    assert_eq!(feed.judge(Some("x"), Method::GET, None).await.0, 401);
}

#[actix_web::test]
async fn a_key_judges_with_its_scope_and_reads_with_any() {
    let feed = Bench::start().await;
    let (ada, _) = feed.door.login(Who::Verified);
    let writes = feed.door.api_key(&ada, &[Scope::FeedWrite]);
    let other = feed.door.api_key(&ada, &[Scope::LogsRead]);
    assert_eq!(feed.put(&writes, "like").await, standing(1, 0, Some("like")));
    for method in [Method::PUT, Method::DELETE] {
        let refused = feed.call(Some(&other), method, &feed.like(), Some(json!({"status": "like"}))).await;
        assert_eq!(refused.problem(), (403, "scope_missing"));
    }
    assert_eq!(feed.judge(Some(&other), Method::GET, None).await, standing(1, 0, Some("like")));
}

#[actix_web::test]
async fn only_machines_that_exist_can_be_judged() {
    let feed = Bench::start().await;
    let (_, ada) = feed.door.login(Who::Verified);
    let nowhere = format!("/feed/{NOWHERE}/like");
    for (method, body) in [(Method::GET, None), (Method::PUT, Some(json!({"status": "like"}))), (Method::DELETE, None)]
    {
        let refused = feed.call(Some(&ada), method, &nowhere, body).await;
        assert_eq!(refused.problem(), (404, "machine_not_found"));
    }
}

#[actix_web::test]
async fn a_bad_judgement_is_refused_with_its_field() {
    let feed = Bench::start().await;
    let (_, ada) = feed.door.login(Who::Verified);
    let table = [
        (json!({"status": "love"}), "status", "invalid_input"),
        (json!({}), "status", "invalid_input"),
        (json!({"status": "like", "weight": 9}), "weight", "unknown_field"),
    ];
    for (body, field, code) in table {
        let refused = feed.call(Some(&ada), Method::PUT, &feed.like(), Some(body)).await;
        assert_eq!(refused.refused(), (400, code, field));
    }
    let refused = feed.call(Some(&ada), Method::GET, "/feed/nothing/like", None).await;
    assert_eq!(refused.refused(), (400, "invalid_input", "machine_id"));
}
