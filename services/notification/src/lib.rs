//! The notification service: tells people by mail and text, and programs by webhook, what happened to them and theirs.
//! An event becomes a row for each recipient, a task sends what is due, and a crash in between repeats one message at
//! most, under the same id. Codes are wiped as soon as they were sent or are worth nothing any more.

pub mod config;
mod consumers;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod domain;
pub mod gateways;
mod grpc;
mod http;
pub mod mailers;
pub mod peers;
pub mod ports;
pub mod store;
mod tasks;
mod use_cases;

use std::sync::Arc;

use kit::{Ambient, Failure, SealingKey, ServiceName};
use wire::Door;
use wire::health::Readiness;
use wire::service::Subscription;
use wire::task::Scheduled;

use config::NotificationConfig;
use consumers::{Intake, TOPICS};
use domain::Channel;
use ports::{
    Contacts, DeadLetters, Deliveries, History, Inbox, Lane, Logs, Mailer, Preferences, SmsGateway, WebhookSender,
    Webhooks,
};
use tasks::{DeliveryTask, SweepTask};
use use_cases::deliver::Delivering;
use use_cases::{App, Wake};

/// What this service is built from.
pub struct Deps {
    pub inbox: Arc<dyn Inbox>,
    pub deliveries: Arc<dyn Deliveries>,
    pub contacts: Arc<dyn Contacts>,
    pub preferences: Arc<dyn Preferences>,
    pub webhooks: Arc<dyn Webhooks>,
    pub history: Arc<dyn History>,
    pub dead_letters: Arc<dyn DeadLetters>,
    pub mailer: Arc<dyn Mailer>,
    /// `None` where the platform sends no text messages.
    pub sms: Option<Arc<dyn SmsGateway>>,
    pub sender: Arc<dyn WebhookSender>,
    pub logs: Arc<dyn Logs>,
    /// The key that user seals codes with.
    pub codes: SealingKey,
    pub ambient: Ambient,
    pub config: NotificationConfig,
    pub door: Door,
}

/// `InvalidInput` where a setting is out of its bounds.
pub fn build(deps: Deps) -> Result<wire::Service, Failure> {
    deps.config.validate()?;
    let task = |lane| DeliveryTask::scheduled(lane, delivering(&deps), deps.config.clone());
    let (messages, webhooks) = (task(Lane::Messages), task(Lane::Webhooks));
    let wake = Wake { messages: messages.wake.clone(), webhooks: webhooks.wake.clone() };
    let sweep =
        SweepTask { deliveries: deps.deliveries.clone(), ambient: deps.ambient.clone(), config: deps.config.clone() };
    let intake = Arc::new(Intake {
        inbox: deps.inbox.clone(),
        ambient: deps.ambient.clone(),
        channels: if deps.sms.is_some() { Channel::PERSONAL.to_vec() } else { vec![Channel::Email] },
        wake: wake.clone(),
    });
    let door = deps.door.clone();
    let app = app(deps, wake);
    Ok(wire::Service {
        name: ServiceName::Notification,
        http: Some(http::routes(app.clone(), door)),
        grpc: Some(grpc::grpc(app)),
        tasks: vec![messages, webhooks, Scheduled::new(Arc::new(sweep))],
        consumers: vec![Subscription { consumer: intake, topics: TOPICS.to_vec() }],
        readiness: Readiness::default(),
    })
}

fn delivering(deps: &Deps) -> Delivering {
    Delivering {
        deliveries: deps.deliveries.clone(),
        contacts: deps.contacts.clone(),
        preferences: deps.preferences.clone(),
        webhooks: deps.webhooks.clone(),
        mailer: deps.mailer.clone(),
        sms: deps.sms.clone(),
        sender: deps.sender.clone(),
        logs: deps.logs.clone(),
        codes: deps.codes.clone(),
        public_url: deps.config.public_url.clone(),
        ambient: deps.ambient.clone(),
    }
}

fn app(deps: Deps, wake: Wake) -> App {
    App {
        contacts: deps.contacts,
        preferences: deps.preferences,
        webhooks: deps.webhooks,
        history: deps.history,
        dead_letters: deps.dead_letters,
        sender: deps.sender,
        ambient: deps.ambient,
        wake,
    }
}
