//! The bytes on the broker, as any client sees them; and what becomes of records that are none of ours.

use std::collections::BTreeMap;
use std::time::Duration;

use bus::{Outbox as _, Topic};
use rdkafka::Message as _;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::message::{Header, Headers as _, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use testkit::{until, until_within};

use crate::broker::{Broker, event, kind, outbox};
use crate::ledger::{Ledger, UNREADABLE};

/// A record as a stranger's client gives it.
#[derive(Debug)]
struct Seen {
    key: Vec<u8>,
    headers: BTreeMap<String, String>,
    data: Vec<u8>,
}

/// Reads a topic until so many records came.
async fn read(broker: &Broker, topic: &str, count: usize) -> Vec<Seen> {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", &broker.settings.brokers)
        .set("group.id", format!("{topic}.stranger"))
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    consumer.subscribe(&[topic]).unwrap();
    let mut seen = Vec::new();
    while seen.len() < count {
        let message = tokio::time::timeout(Duration::from_secs(30), consumer.recv()).await.unwrap().unwrap();
        let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
        let text = |value: Option<&[u8]>| String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
        seen.push(Seen {
            key: message.key().unwrap_or_default().to_vec(),
            headers: headers.map(|header| (header.key.to_owned(), text(header.value))).collect(),
            data: message.payload().unwrap_or_default().to_vec(),
        });
    }
    seen
}

#[tokio::test]
async fn an_event_is_a_cloud_event_in_the_binary_binding() {
    let broker = Broker::with(&[Topic::User]).await;
    let (outbox, mut announced) = (outbox(), event("ada", 3));
    announced.trace.traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    let relay = broker.relay(outbox.clone());
    outbox.append(announced.clone());
    let seen = read(&broker, broker.settings.names.of(Topic::User), 1).await;
    assert_eq!((seen[0].key.as_slice(), &seen[0].data), (b"ada".as_slice(), &announced.data));
    let expected = [
        ("ce_specversion", "1.0".to_owned()),
        ("ce_id", announced.id.to_string()),
        ("ce_type", "user.updated".to_owned()),
        ("ce_source", "/berth/user".to_owned()),
        ("ce_subject", "ada".to_owned()),
        ("ce_time", announced.at.to_string()),
        ("ce_revision", "3".to_owned()),
        ("content-type", "application/protobuf".to_owned()),
        ("traceparent", announced.trace.traceparent.unwrap()),
    ];
    assert_eq!(seen[0].headers, expected.map(|(key, value)| (key.to_owned(), value)).into());
    relay.stop().await;
    broker.end().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_put_aside_with_the_reason_and_holds_up_nobody() {
    let broker = Broker::with(&[Topic::User]).await;
    let (outbox, ledger) = (outbox(), Ledger::new());
    let stranger: FutureProducer =
        ClientConfig::new().set("bootstrap.servers", &broker.settings.brokers).create().unwrap();
    let headers = OwnedHeaders::new().insert(Header { key: "ce_id", value: Some("none of ours") });
    let topic = broker.settings.names.of(Topic::User);
    let foreign = FutureRecord::to(topic).key("ada").payload(b"\xffdata".as_slice()).headers(headers);
    stranger.send(foreign, Duration::from_secs(10)).await.unwrap();
    let (relay, reader) = (broker.relay(outbox.clone()), broker.reader(ledger.clone(), "g"));
    outbox.append(kind(UNREADABLE, "ada", 1));
    outbox.append(event("ada", 2));
    until_within(Duration::from_secs(30), "the event behind", || async { ledger.count() }, |taken| *taken == 1).await;
    let mut letters = read(&broker, &broker.settings.names.letters_of(Topic::User), 2).await;
    letters.sort_by_key(|letter| letter.headers["berth-reason"].clone());
    let [foreign, unread] = letters.try_into().unwrap();
    assert_eq!((foreign.key.as_slice(), foreign.data.as_slice()), (b"ada".as_slice(), b"\xffdata".as_slice()));
    assert_eq!(foreign.headers["ce_id"], "none of ours");
    assert_eq!(foreign.headers["berth-reason"], "a header of the event's envelope is missing or wrong");
    assert_eq!(
        (unread.headers["ce_type"].as_str(), unread.headers["berth-reason"].as_str()),
        (UNREADABLE, "made unreadable")
    );
    for letter in [foreign, unread] {
        assert_eq!(letter.headers["berth-consumer"], "ledger");
        assert!(
            letter.headers["berth-offset"].parse::<i64>().is_ok()
                && letter.headers["berth-partition"].parse::<i32>().is_ok()
        );
    }
    relay.stop().await;
    reader.stop().await;
    broker.end().await;
}

/// A record of nobody's behind an event whose effect fails for a while.
#[tokio::test]
async fn a_foreign_record_is_put_aside_once_however_often_the_effect_is_tried() {
    let broker = Broker::with(&[Topic::User]).await;
    let (outbox, ledger) = (outbox(), Ledger::new());
    let relay = broker.relay(outbox.clone());
    outbox.append(event("ada", 1));
    until(|| async { outbox.lag().await.unwrap().rows }, |rows| *rows == 0).await;
    let stranger: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", &broker.settings.brokers)
        // Into the same partition as ours, so that both are taken together.
        .set("partitioner", "murmur2_random")
        .create()
        .unwrap();
    let foreign = FutureRecord::to(broker.settings.names.of(Topic::User)).key("ada").payload("foreign");
    stranger.send(foreign, Duration::from_secs(10)).await.unwrap();
    ledger.fail(3);
    let reader = broker.reader(ledger.clone(), "g");
    ledger.took(1).await;
    assert_eq!(ledger.refused(), 3);
    outbox.append(kind(UNREADABLE, "ada", 2));
    let letters = read(&broker, &broker.settings.names.letters_of(Topic::User), 2).await;
    let reasons: Vec<_> = letters.iter().map(|letter| letter.headers["berth-reason"].as_str()).collect();
    assert_eq!(reasons, ["a header of the event's envelope is missing or wrong", "made unreadable"]);
    relay.stop().await;
    reader.stop().await;
    broker.end().await;
}
