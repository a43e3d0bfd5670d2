//! Lists over REST: filters, orders, cursors, and what they refuse.

use serde_json::Value;
use testkit::Who;

use crate::domain::lifecycle::State;
use crate::testing::service::Bench;

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn a_list_is_filtered_sorted_and_cut() {
    let bench = Bench::start().await;
    let (_, token) = bench.login(Who::Verified);
    for name in ["cache-two", "blog", "cache-one"] {
        bench.create(&token, name).await;
    }
    for (query, expected) in [
        ("", vec!["cache-one", "blog", "cache-two"]),
        ("?sort=created_at", vec!["cache-two", "blog", "cache-one"]),
        ("?sort=name", vec!["blog", "cache-one", "cache-two"]),
        ("?sort=-name&q=Cache", vec!["cache-two", "cache-one"]),
        ("?name=blog", vec!["blog"]),
        ("?name=cache", vec![]),
        ("?state=running", vec![]),
    ] {
        let (status, list) = bench.get(&token, &format!("/allocations{query}")).await;
        assert_eq!((status, names(&list)), (200, expected), "{query}");
    }
    let (_, first) = bench.get(&token, "/allocations?sort=name&limit=2").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let (_, second) = bench.get(&token, &format!("/allocations?sort=name&limit=2&cursor={cursor}")).await;
    assert_eq!((names(&second), second["next_cursor"].is_null()), (vec!["cache-two"], true));
    let (status, problem) = bench.get(&token, &format!("/allocations?cursor={cursor}")).await;
    assert_eq!((status, problem["field"].as_str()), (400, Some("cursor")), "a cursor of another order");
}

#[actix_web::test]
async fn what_no_list_takes_is_refused_by_its_field() {
    let bench = Bench::start().await;
    let (_, token) = bench.login(Who::Verified);
    let long = format!("q={}", "x".repeat(64));
    for (query, field) in [
        ("state=gone", "state"),
        ("machine_id=x", "machine_id"),
        ("q=", "q"),
        (&long, "q"),
        ("sort=size", "sort"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("cursor=%25", "cursor"),
        ("tenant_id=everybody", "tenant_id"),
        ("color=red", "color"),
    ] {
        let (status, problem) = bench.get(&token, &format!("/allocations?{query}")).await;
        assert_eq!((status, problem["field"].as_str()), (400, Some(field)), "{query}");
    }
}

#[actix_web::test]
async fn events_come_newest_first_in_pieces_without_a_name_among_them() {
    let bench = Bench::start().await;
    let (_, token) = bench.login(Who::Verified);
    let (id, other) = (bench.create(&token, "cache").await, bench.create(&token, "other").await);
    bench.until(id, State::Running).await;
    let renamed = serde_json::json!({"name": "store"});
    bench.call(&token, actix_web::http::Method::PATCH, &format!("/allocations/{id}"), Some(renamed)).await;
    let (mut states, mut query) = (Vec::new(), "?limit=2".to_owned());
    for _ in 0..3 {
        let (status, piece) = bench.get(&token, &format!("/allocations/{id}/events{query}")).await;
        assert_eq!(status, 200, "{piece}");
        let items = piece["items"].as_array().unwrap();
        states.extend(items.iter().map(|event| event["state"].as_str().unwrap().to_owned()));
        let Some(cursor) = piece["next_cursor"].as_str() else { break };
        query = format!("?limit=2&cursor={cursor}");
    }
    assert_eq!(states, ["running", "starting", "creating", "placing", "requested"]);
    let cursor = query.split("cursor=").nth(1).unwrap();
    for (path, field) in [
        (format!("{other}/events?cursor={cursor}"), "cursor"),
        (format!("{id}/events?limit=0"), "limit"),
        (format!("{id}/events?state=running"), "state"),
    ] {
        let (status, problem) = bench.get(&token, &format!("/allocations/{path}")).await;
        assert_eq!((status, problem["field"].as_str()), (400, Some(field)), "{path}");
    }
}
