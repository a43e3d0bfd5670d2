//! A verifier that lost everything builds its copies from the topics alone, and they are what they were.

use std::collections::BTreeMap;

use berth_tests::{Berth, until};
use futures::TryStreamExt as _;
use mongodb::Client;
use mongodb::bson::{Document, doc};
use prost::Message as _;

use crate::ready;

/// A message without the order that its maps happen to be written in, which differs from one encoding to the next.
fn read(collection: &str, copy: &mut Document) {
    let Ok(bytes) = copy.get_binary_generic("message").cloned() else { return };
    let told = match collection {
        "machine_copies" => format!("{:#?}", proto::v1::Machine::decode(&*bytes).unwrap()),
        _ => format!("{:#?}", proto::v1::Allocation::decode(&*bytes).unwrap()),
    };
    let mut lines: Vec<&str> = told.lines().collect();
    lines.sort_unstable();
    copy.insert("message", lines.join("\n"));
}

/// Every document of the copies, by collection and id.
pub async fn copies(client: &Client, database: &str) -> BTreeMap<String, Vec<Document>> {
    let mut all = BTreeMap::new();
    for collection in ["people", "machine_copies", "allocation_copies"] {
        let documents = client.database(database).collection::<Document>(collection);
        let found = documents.find(doc! {}).sort(doc! {"_id": 1}).await.unwrap();
        let mut found: Vec<Document> = found.try_collect().await.unwrap();
        found.iter_mut().for_each(|copy| read(collection, copy));
        all.insert(collection.to_owned(), found);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_verifier_becomes_what_the_old_one_was() {
    let mut berth = Berth::cluster(&[]).await;
    let ada = berth.person("ada").await;
    berth.person("bob").await;
    let redis = ada.running("redis", "cache").await;
    ada.change(&redis.id, "stop").await;
    let client = Client::with_uri_str(testkit::servers::mongodb()).await.unwrap();
    let name = std::fs::read_to_string(berth.data().join("name")).unwrap();
    let database = format!("{}_verifier", name.trim());
    let look = || copies(&client, &database);
    let revision = ada.get(&format!("/allocations/{}", redis.id)).await.expect(200)["revision"].as_i64();
    let newest = |all: &BTreeMap<String, Vec<Document>>| {
        all["allocation_copies"].iter().any(|copy| copy.get_i64("revision").ok() == revision)
    };
    let before = until("the copies to be there", look, newest).await;
    assert!(before.values().all(|documents| !documents.is_empty()), "{before:?}");
    berth.signal_one("verifier-1", "KILL");
    client.database(&database).drop().await.unwrap();
    berth.launch_ended();
    until("the copies to be the same", look, |now| *now == before).await;
    ready(&berth).await;
    assert!(berth.log().contains("has every event that was there"));
    assert_eq!(ada.show(&redis.id).await.state, "stopped");
}
