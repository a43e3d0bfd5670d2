//! Topics that hold anything are told from those that are only there, and from those that are not.

use bus::kafka::filled;
use bus::{Outbox as _, Topic};
use testkit::until;

use crate::broker::{Broker, event, outbox};

#[tokio::test]
async fn a_topic_with_one_record_is_filled_and_an_empty_or_missing_one_is_not() {
    let broker = Broker::with(&[Topic::User, Topic::Machine]).await;
    let asked = [Topic::User, Topic::Machine, Topic::Allocation];
    assert_eq!(filled(&broker.settings, &asked).await.unwrap(), Vec::<String>::new());
    let outbox = outbox();
    let relay = broker.relay(outbox.clone());
    outbox.append(event("ada", 1));
    until(|| async { outbox.lag().await.unwrap().rows }, |rows| *rows == 0).await;
    assert_eq!(filled(&broker.settings, &asked).await.unwrap(), [broker.settings.names.of(Topic::User)]);
    relay.stop().await;
    broker.end().await;
}
