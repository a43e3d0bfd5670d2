//! A repeated `Idempotency-Key` is the same wish, not another: in parallel, after a crash, and for its tenant alone.

use berth_tests::{Allocation, Berth, Person, Reply, until};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

async fn ask(person: &Person, body: &Value) -> Reply {
    person.send(Method::POST, "/allocations", &[("idempotency-key", "one-redis")], Some(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_gives_one_allocation() {
    let mut berth = Berth::start().await;
    let ada = berth.person("ada").await;
    let body = json!({"machine_id": ada.machine("redis").await, "name": "cache"});
    let replies = join_all((0..20).map(|_| ask(&ada, &body))).await;
    let ids: Vec<String> = replies.iter().map(|reply| reply.expect_as::<Allocation>(201).id).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let first = |reply: &&Reply| reply.header("idempotency-replayed").is_none();
    assert_eq!(replies.iter().filter(first).count(), 1);

    let other = json!({"machine_id": body["machine_id"], "name": "another"});
    ask(&ada, &other).await.expect_refusal(422, "idempotency_key_reused");
    assert_eq!(ada.settled(&ids[0]).await.state, "running");
    assert_eq!(berth.engine().containers().len(), 1);
    assert_eq!(ada.used().await["instances"], 1);

    berth.kill().await;
    berth.start_again().await;
    let again = ask(&ada, &body).await;
    assert_eq!(again.expect(201)["id"], ids[0].as_str());
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    ask(&ada, &other).await.expect_refusal(422, "idempotency_key_reused");

    let bob = berth.person("bob").await;
    let bobs: Allocation = ask(&bob, &body).await.expect_as(201);
    assert_ne!(bobs.id, ids[0], "a key is its tenant's");
    assert_eq!(bob.settled(&bobs.id).await.state, "running");

    ada.remove(&ids[0]).await;
    let removed = ask(&ada, &body).await;
    assert_eq!(removed.expect(201)["state"], "removed", "a wish that was fulfilled once is not fulfilled again");
    let containers = || async { berth.engine().containers().len() };
    until("one container", containers, |found| *found == 1).await;
}
