//! Offsets at a topic's end that hold nothing to read: they must not keep a reader from being ready.

use std::time::Duration;

use bus::kafka::Progress;
use bus::{Outbox as _, Topic};
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use testkit::until;

use crate::broker::{Broker, Running, event, outbox};
use crate::ledger::{Ledger, subjects};

/// Writes to every partition what nobody gets to see.
fn write_and_take_back(brokers: &str, topic: &str) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("transactional.id", format!("{topic}.test"))
        .create()
        .unwrap();
    let patience = Duration::from_secs(30);
    producer.init_transactions(patience).unwrap();
    producer.begin_transaction().unwrap();
    for partition in 0..bus::kafka::topics::PARTITIONS {
        let record = BaseRecord::<str, str>::to(topic).partition(partition).key("ada").payload("taken back");
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(patience).unwrap();
    producer.abort_transaction(patience).unwrap();
}

#[tokio::test]
async fn a_reader_has_caught_up_where_nothing_is_left_to_read() {
    let broker = Broker::with(&[Topic::User]).await;
    let (outbox, ledger) = (outbox(), Ledger::new());
    let relay = broker.relay(outbox.clone());
    for subject in subjects(5) {
        outbox.append(event(&subject, 1));
    }
    until(|| async { outbox.lag().await.unwrap().rows }, |rows| *rows == 0).await;
    let (brokers, topic) = (broker.settings.brokers.clone(), broker.settings.names.of(Topic::User).to_owned());
    tokio::task::spawn_blocking(move || write_and_take_back(&brokers, &topic)).await.unwrap();
    let reader = broker.open(ledger.clone(), "g");
    let progress = reader.progress();
    let running = Running::begin(|cancel| reader.run(cancel));
    ledger.took(5).await;
    // A record and the mark that it is void, in each partition.
    let seen = until(|| async { progress.borrow().clone() }, |progress| progress.total() > 0).await;
    assert_eq!(seen.total(), 5 + 24);
    until(|| async { progress.borrow().clone() }, Progress::caught_up).await;
    assert_eq!(ledger.seen(), 5);
    running.stop().await;
    relay.stop().await;
    broker.end().await;
}
