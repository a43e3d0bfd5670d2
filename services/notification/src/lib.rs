//! The notification service: turns requests for messages into mail. A request becomes a row, a task sends what is due,
//! and the code in it is wiped as soon as it was sent or is worth nothing any more.

pub mod config;
mod consumers;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod domain;
pub mod mailers;
pub mod ports;
pub mod store;
mod tasks;
mod use_cases;

use std::sync::Arc;

use bus::Topic;
use kit::{Ambient, Failure, SealingKey, ServiceName};
use wire::health::Readiness;
use wire::service::Subscription;
use wire::task::Scheduled;

use config::NotificationConfig;
use consumers::Requests;
use ports::{Deliveries, Inbox, Mailer};
use tasks::{DeliveryTask, SweepTask};
use use_cases::deliver::Delivering;

/// What this service is built from.
pub struct Deps {
    pub inbox: Arc<dyn Inbox>,
    pub deliveries: Arc<dyn Deliveries>,
    pub mailer: Arc<dyn Mailer>,
    /// The key that user seals codes with.
    pub codes: SealingKey,
    pub ambient: Ambient,
    pub config: NotificationConfig,
}

/// `InvalidInput` where a setting is out of its bounds.
pub fn build(deps: Deps) -> Result<wire::Service, Failure> {
    deps.config.validate()?;
    let Deps { inbox, deliveries, mailer, codes, ambient, config } = deps;
    let sweep = SweepTask { deliveries: deliveries.clone(), ambient: ambient.clone(), config: config.clone() };
    let with = Delivering { deliveries, mailer, codes, ambient: ambient.clone() };
    let delivery = Scheduled::new(Arc::new(DeliveryTask::new(with, config)));
    let requests = Requests { inbox, ambient, wake: delivery.wake.clone() };
    Ok(wire::Service {
        name: ServiceName::Notification,
        http: None,
        grpc: None,
        tasks: vec![delivery, Scheduled::new(Arc::new(sweep))],
        consumers: vec![Subscription { consumer: Arc::new(requests), topics: vec![Topic::Notification] }],
        readiness: Readiness::default(),
    })
}
