//! One service's producing side in one process, from the start to the end.

use std::sync::Arc;

use kit::{Ambient, ServiceName};
use tokio_util::sync::CancellationToken;

use super::{KafkaProducer, Settings, tombstones, topics};
use crate::event::Topic;
use crate::ports::Outbox;
use crate::relay::Relay;

/// Waits for the service's topics, then sends what it announces and lets topics forget what it deleted, until cancelled.
pub async fn announce(
    settings: Settings,
    service: ServiceName,
    outbox: Arc<dyn Outbox>,
    producer: Arc<KafkaProducer>,
    ambient: Ambient,
    cancel: CancellationToken,
) {
    let own = Topic::of(service);
    topics::wait_for(&settings, &own, &cancel).await;
    let relay = Relay::new(service, outbox, producer.clone(), ambient.clone());
    let tenure = relay.tenure();
    tokio::join!(relay.run(cancel.clone()), tombstones::run(settings, producer, own, ambient, tenure, cancel.clone()),);
}
