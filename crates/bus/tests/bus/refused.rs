//! Commits of offsets that the brokers refuse, as they do in the middle of a rebalance: on a broker of librdkafka's own,
//! which refuses when it is told to.

use std::time::Duration;

use bus::kafka::{Names, Progress, Settings};
use bus::{Outbox as _, Topic};
use rdkafka::mocking::MockCluster;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use testkit::{until, until_within};

use crate::broker::{Broker, Running, event, outbox};
use crate::ledger::Ledger;

fn pretended() -> (MockCluster<'static, rdkafka::producer::DefaultProducerContext>, Settings) {
    let cluster = MockCluster::new(1).unwrap();
    let settings = Settings { names: Names::new("t."), ..Settings::new(cluster.bootstrap_servers()) };
    (cluster, settings)
}

#[tokio::test]
async fn offsets_that_were_refused_are_committed_again_without_a_new_event() {
    let (cluster, settings) = pretended();
    cluster.create_topic(settings.names.of(Topic::User), bus::kafka::topics::PARTITIONS, 1).unwrap();
    let broker = Broker::on(settings, &[Topic::User]);
    let (outbox, ledger) = (outbox(), Ledger::new());
    let relay = broker.relay(outbox.clone());
    outbox.append(event("ada", 1));
    until(|| async { outbox.lag().await.unwrap().rows }, |rows| *rows == 0).await;
    let refused = RDKafkaRespErr::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS;
    cluster.request_errors(RDKafkaApiKey::OffsetCommit, &[refused; 3]);
    let reader = broker.open(ledger.clone(), "g");
    let progress = reader.progress();
    let running = Running::begin(|cancel| reader.run(cancel));
    ledger.took(1).await;
    let seen = || async { progress.borrow().clone() };
    until_within(Duration::from_secs(30), "committed offsets", seen, Progress::caught_up).await;
    assert_eq!(progress.borrow().total(), 1);
    running.stop().await;
    relay.stop().await;
}
