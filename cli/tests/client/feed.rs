//! Comments and likes, request by request.

use serde_json::json;

use crate::support::platform::{Reply, empty, list};
use crate::support::{ID, answering, done};

const COMMENT: &str = "0190b1d6-0000-7cc1-9a3e-1f0e5d6c7b8a";

fn comment() -> serde_json::Value {
    json!({"id": COMMENT, "machine_id": ID, "author": {"id": "u", "name": "Ada", "has_run": true}, "text": "Fast.\u{1b}[2J",
        "created_at": null, "edited_at": null})
}

#[tokio::test]
async fn comments_are_read_without_a_login_and_cannot_steer_the_terminal() {
    let line = format!("GET /feed/{ID}/comments");
    let (asked, shown) = done(&line, list(&[comment()]), &["comments", "ls", "redis", "--limit", "5"]).await;
    assert_eq!((asked.query.as_str(), asked.header("authorization")), ("limit=5", ""));
    assert_eq!(shown, format!("Ada, has run it  {COMMENT}\n  Fast. [2J\n"));
}

#[tokio::test]
async fn comments_are_written_changed_and_removed() {
    let line = format!("POST /feed/{ID}/comments");
    let (asked, shown) =
        done(&line, Reply::Json(201, comment()), &["comments", "add", "redis", "Fast and small."]).await;
    assert_eq!((asked.body, shown), (json!({"text": "Fast and small."}), format!("The comment is there: {COMMENT}\n")));
    let line = format!("PATCH /feed/{ID}/comments/{COMMENT}");
    let (asked, _) = done(&line, Reply::Json(200, comment()), &["comments", "edit", "redis", COMMENT, "Fast."]).await;
    assert_eq!(asked.body, json!({"text": "Fast."}));
    let line = format!("DELETE /feed/{ID}/comments/{COMMENT}");
    let (_, shown) = done(&line, empty(204), &["comments", "rm", "redis", COMMENT, "--yes"]).await;
    assert_eq!(shown, "The comment is removed\n");
    let (platform, client) = answering(&line, empty(204)).await;
    assert_eq!(client.run(&format!("comments rm redis {COMMENT}")).await.code, 2);
    assert!(platform.asked(&line).is_empty());
}

#[tokio::test]
async fn a_like_is_set_turned_round_and_taken_back() {
    let answer = |mine: Option<&str>| Reply::Json(200, json!({"likes": 3, "dislikes": 1, "mine": mine}));
    let path = format!("/feed/{ID}/like");
    for (verb, status) in [("like", "like"), ("dislike", "dislike")] {
        let (asked, shown) = done(&format!("PUT {path}"), answer(Some(status)), &[verb, "redis"]).await;
        assert_eq!(asked.body, json!({"status": status}));
        assert_eq!(shown, format!("likes     3\ndislikes  1\nyours     {status}\n"));
    }
    let (_, shown) = done(&format!("DELETE {path}"), answer(None), &["unlike", "redis"]).await;
    assert_eq!(shown, "likes     3\ndislikes  1\n");
    let (asked, _) = done(&format!("GET {path}"), answer(Some("like")), &["likes", "redis"]).await;
    assert_eq!(asked.header("authorization"), "Bearer a");
    let (platform, _) = answering(&format!("GET {path}"), answer(None)).await;
    let stranger = crate::support::client::Client::new(&platform.url);
    assert_eq!(stranger.run("--json likes redis").await.json()["likes"], 3);
}
