//! The catalogue: what people read of it, and what admins change.

use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::platform::{Platform, Reply, empty, list};
use crate::support::{ID, answering, done, usual};

fn redis() -> Value {
    json!({"id": ID, "name": "redis", "image": "redis:7.0", "category": "database", "active": true, "revision": 4, "likes": null})
}

#[tokio::test]
async fn machines_are_filtered_and_sorted_by_the_platform() {
    let words = ["machines", "--category", "database", "--query", "fast", "--sort", "-name"];
    let (asked, shown) = done("GET /machines", list(&[redis()]), &words).await;
    assert_eq!(asked.query, "category=database&q=fast&sort=-name&active=true&limit=200");
    assert!(shown.contains("redis  database"), "{shown}");
    let (asked, _) = done("GET /machines", list(&[redis()]), &["machines", "--all"]).await;
    assert_eq!((asked.query.as_str(), asked.header("authorization")), ("limit=200", ""));
}

#[tokio::test]
async fn a_machine_is_shown_by_name_or_id() {
    let (asked, shown) = done("GET /machines", list(&[redis()]), &["machine", "show", "redis"]).await;
    assert!(asked.query.starts_with("name=redis") && shown.contains("image     redis:7.0"), "{shown}");
    let (_, shown) = done(&format!("GET /machines/{ID}"), Reply::Json(200, redis()), &["machine", "show", ID]).await;
    assert!(shown.contains("revision  4"), "{shown}");
}

#[tokio::test]
async fn a_machine_is_made_from_a_file_or_standard_input() {
    let (platform, client) = answering("POST /machines", Reply::Json(201, redis())).await;
    let file = client.config.path().join("redis.yaml");
    std::fs::write(&file, "name: redis\nlimits: {default: {cpu: 0.5, memory: 128MiB}}\n").unwrap();
    let ran = client.run(&format!("machine create {}", file.display())).await;
    assert_eq!(ran.out, format!("redis is in the catalogue: {ID}\n"), "{ran:?}");
    let words = ["--url", &platform.url, "machine", "create", "-"];
    assert_eq!(client.run_with(&words, &[], "{\"name\": \"redis\"}").await.code, 0);
    let bodies: Vec<Value> = platform.asked("POST /machines").into_iter().map(|asked| asked.body).collect();
    let first = json!({"name": "redis", "limits": {"default": {"cpu": 0.5, "memory": "128MiB"}}});
    assert_eq!(bodies, [first, json!({"name": "redis"})]);
    assert_eq!(client.run_with(&words, &[], "[").await.code, 2);
}

#[tokio::test]
async fn a_change_names_the_revision_that_it_was_thought_up_for() {
    let line = format!("PATCH /machines/{ID}");
    for (words, tag, body) in [
        (vec!["machine", "deactivate", "redis"], "\"3\"", json!({"active": false})),
        (vec!["machine", "activate", "redis"], "\"3\"", json!({"active": true})),
    ] {
        let (asked, _) = done(&line, Reply::Json(200, redis()), &words).await;
        assert_eq!((asked.header("if-match"), asked.body.clone()), (tag, body));
    }
    let (platform, client) = answering(&line, Reply::Json(200, redis())).await;
    let words = ["--url", &platform.url, "machine", "update", "redis", "-", "--revision", "2"];
    let ran = client.run_with(&words, &[], "description: Fast.").await;
    assert_eq!(ran.out, "redis is at revision 4\n", "{ran:?}");
    let asked = &platform.asked(&line)[0];
    assert_eq!((asked.header("if-match"), &asked.body), ("\"2\"", &json!({"description": "Fast."})));
}

#[tokio::test]
async fn a_change_in_the_meantime_is_a_conflict() {
    let platform = Platform::start(|asked, _| match asked.line.as_str() {
        line if line.starts_with("PATCH /machines/") => Reply::Problem(412, "revision_mismatch", vec![]),
        _ => usual(asked, "running"),
    })
    .await;
    let client = Client::logged_in(&platform.url, "a", "r");
    assert_eq!(client.run("machine deactivate redis").await.code, 6);
}

#[tokio::test]
async fn a_machine_leaves_the_catalogue_and_its_past_can_be_read() {
    let line = format!("DELETE /machines/{ID}");
    let (asked, shown) = done(&line, empty(204), &["machine", "rm", "redis", "--yes"]).await;
    assert_eq!((asked.header("if-match"), shown.as_str()), ("\"3\"", "redis is out of the catalogue\n"));
    let revision = json!({"revision": 2, "at": "2026-01-31T09:30:00Z", "actor": "u1", "active": true, "deleted": false,
        "machine": {"image": "redis:6"}});
    let words = ["machine", "revisions", "redis"];
    let (_, shown) = done(&format!("GET /machines/{ID}/revisions"), list(&[revision]), &words).await;
    assert!(shown.contains("2         2026-01-31 09:30:00  u1  yes      no       redis:6"), "{shown}");
}
