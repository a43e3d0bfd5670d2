//! An allocation that is asked for in the middle of a fault, and again with the same key after it: it is one allocation.

use berth_tests::{Allocation, Berth, Person, Reply, until};
use reqwest::Method;
use serde_json::{Value, json};

pub struct Wish {
    name: String,
    body: Value,
}

impl Wish {
    /// Asks once: it is accepted, or refused as what can be tried again.
    pub async fn ask(ada: &Person, machine: &str, name: String) -> Self {
        let body = json!({"machine_id": machine, "name": name});
        let wish = Self { name, body };
        let reply = wish.send(ada).await;
        let again = reply.status == 503 && reply.header("retry-after").is_some();
        assert!(reply.status == 201 || again, "{}: {} {}", wish.name, reply.status, reply.text);
        wish
    }

    async fn send(&self, ada: &Person) -> Reply {
        ada.send(Method::POST, "/allocations", &[("idempotency-key", &self.name)], Some(&self.body)).await
    }

    /// Asks again until it is accepted. It runs, once, and goes when it is told to.
    pub async fn fulfil(self, berth: &Berth, ada: &Person) {
        let send = || self.send(ada);
        let accepted = until("the allocation to be accepted", send, |reply| reply.status != 503).await;
        let made: Allocation = accepted.expect_as(201);
        let settled = ada.settled(&made.id).await;
        assert_eq!(settled.state, "running", "{settled:?}");
        let listed = ada.get("/allocations").await.expect(200);
        let ids: Vec<&Value> = listed["items"].as_array().into_iter().flatten().map(|item| &item["id"]).collect();
        assert_eq!(ids, [&json!(made.id)], "one wish is one allocation");
        let containers = berth.engine().containers();
        let own: Vec<&str> = containers.iter().map(|container| container.label("berth.allocation")).collect();
        assert_eq!(own, [made.id.as_str()], "one allocation is one container");
        ada.remove(&made.id).await;
    }
}
