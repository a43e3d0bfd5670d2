//! What people say of machines, as everybody sees it: counts on the catalogue, names, and who has really run it.

use berth_tests::{Berth, until};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_shows_what_people_think_and_who_has_run_it() {
    let berth = Berth::start().await;
    let admin = berth.person("admin").await;
    let (ada, bob) = (berth.person("ada").await, berth.person("bob").await);
    let redis = ada.machine("redis").await;
    let comments = format!("/feed/{redis}/comments");
    ada.running("redis", "cache").await;
    for (person, status, text) in [(&ada, "like", "Runs well."), (&bob, "dislike", "I only read about it.")] {
        person.put(&format!("/feed/{redis}/like"), &json!({"status": status})).await.expect(200);
        person.post(&comments, &json!({"text": text})).await.expect(201);
    }
    let listed = berth.anyone().get("/machines?limit=200").await.expect(200);
    let machine = |name: &str| listed["items"].as_array().and_then(|all| all.iter().find(|one| one["name"] == name));
    let redis_shown = machine("redis").expect("redis is on offer");
    assert_eq!(
        (&redis_shown["likes"], &redis_shown["dislikes"], &redis_shown["comments"]),
        (&json!(1), &json!(1), &json!(2))
    );
    let nginx = machine("nginx").expect("nginx is on offer");
    assert_eq!((&nginx["likes"], &nginx["comments"]), (&json!(0), &json!(0)));

    let said = || async { berth.anyone().get(&comments).await.expect(200)["items"].clone() };
    let said = until("the badge", said, |items| items[1]["author"]["has_run"] == true).await;
    assert_eq!((&said[0]["text"], &said[0]["author"]["has_run"]), (&json!("I only read about it."), &json!(false)));
    assert!(said[1]["author"]["name"].as_str().is_some_and(|name| name.starts_with("ada")), "{said}");

    let path = format!("{comments}/{}", said[0]["id"].as_str().unwrap_or_default());
    ada.patch(&path, &json!({"text": "mine now"})).await.expect_refusal(403, "forbidden");
    ada.delete(&path).await.expect_refusal(403, "forbidden");
    admin.delete(&path).await.expect(204);
    let shown = berth.anyone().get(&format!("/machines/{redis}")).await.expect(200);
    assert_eq!((&shown["likes"], &shown["comments"]), (&json!(1), &json!(1)));
}
