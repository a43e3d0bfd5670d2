//! What any store of this service must do, whatever it is made of: one suite a port.

mod dead_letters;
mod deliveries;
mod inbox;
mod people;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use bus::{DeadLetter, Event, Record, Topic};
use kit::{
    Access, Act, Ambient, Caller, EventId, Role, ServiceName, SessionId, TenantId, Timestamp, UserId, WebhookId,
};
use testkit::TestClock;

use crate::domain::delivery::Told;
use crate::domain::{
    self, Channel, Contact, Delivery, DeliveryId, EventType, Events, Facts, Kind, Occurrence, Secret, Subject, Webhook,
};
use crate::ports::{
    Batch, Contacts, DeadFilter, DeadLetters, Deliveries, Effect, Ended, History, Inbox, Lane, Preferences, Webhooks,
};

pub use dead_letters::dead_letters;
pub use deliveries::deliveries;
pub use inbox::inbox;
pub use people::people;
pub use webhooks::webhooks;

/// A store of its own for each case.
pub struct World {
    pub inbox: Arc<dyn Inbox>,
    pub deliveries: Arc<dyn Deliveries>,
    pub contacts: Arc<dyn Contacts>,
    pub preferences: Arc<dyn Preferences>,
    pub webhooks: Arc<dyn Webhooks>,
    pub history: Arc<dyn History>,
    pub dead_letters: Arc<dyn DeadLetters>,
    pub clock: TestClock,
    /// The names of what was recorded for the audit list, oldest first.
    pub acts: Arc<dyn Acts>,
    /// Whatever must live as long as the store.
    pub keep: Box<dyn std::any::Any + Send + Sync>,
}

/// Looks at what a store recorded for the audit list.
#[async_trait::async_trait]
pub trait Acts: Send + Sync {
    async fn acts(&self) -> Vec<String>;
}

const CONSUMER: &str = "contract";

impl World {
    pub fn ambient(&self) -> Ambient {
        self.clock.ambient()
    }

    pub fn now(&self) -> Timestamp {
        self.ambient().now()
    }

    /// A code for somebody new, valid for ten minutes.
    fn code(&self) -> Delivery {
        let (ambient, at) = (self.ambient(), self.now());
        let told = self.told(UserId::mint(&ambient));
        Delivery {
            recipient: "ada@example.org".into(),
            first_name: "Ada".into(),
            sealed_code: b"sealed".to_vec(),
            expires_at: at.plus(Duration::from_secs(600)),
            ..Delivery::to_person(DeliveryId::mint(&ambient), Kind::ResetCode, Channel::Email, told, at)
        }
    }

    fn told(&self, user: UserId) -> Told {
        let facts = Facts::of(&[("address", "203.0.113.9")]);
        Told { cause: EventId::mint(&self.ambient()), user, at: self.now(), facts }
    }

    async fn effects(&self, effects: Vec<Effect>) -> u64 {
        self.batch(1, effects, Vec::new()).await
    }

    async fn batch(&self, up_to: u64, effects: Vec<Effect>, unreadable: Vec<DeadLetter>) -> u64 {
        let (topic, channels) = (Topic::Notification, Channel::PERSONAL.to_vec());
        let batch = Batch { topic, up_to, at: self.now(), channels, effects, unreadable };
        self.inbox.take(CONSUMER, batch).await.unwrap()
    }

    async fn take(&self, delivery: &Delivery) -> u64 {
        self.effects(vec![Effect::Deliver(Box::new(delivery.clone()))]).await
    }

    /// A code that waits.
    async fn taken(&self) -> Delivery {
        let delivery = self.code();
        assert_eq!(self.take(&delivery).await, 1);
        delivery
    }

    async fn claim(&self, lane: Lane, at: Timestamp) -> Vec<Delivery> {
        self.deliveries.claim(lane, at, at.plus(Duration::from_secs(60)), 100).await.unwrap()
    }

    async fn claim_messages(&self) -> Vec<Delivery> {
        self.claim(Lane::Messages, self.now()).await
    }

    async fn claim_webhooks(&self) -> Vec<Delivery> {
        self.claim(Lane::Webhooks, self.now()).await
    }

    /// Ends the attempt of whoever claimed it last, and gives what is known of the delivery then.
    async fn end(&self, delivery: &Delivery, ended: impl Into<Ended>) -> domain::Record {
        self.deliveries.record(&self.claimed(delivery).await, ended.into(), self.now()).await.unwrap();
        self.record(delivery).await.unwrap()
    }

    /// The delivery as its last claim gave it.
    async fn claimed(&self, delivery: &Delivery) -> Delivery {
        let attempts = self.record(delivery).await.map_or(delivery.attempts, |record| record.attempts);
        Delivery { attempts, ..delivery.clone() }
    }

    async fn record(&self, delivery: &Delivery) -> Option<domain::Record> {
        let all = match delivery.webhook {
            Some(webhook) => self.history.of_webhook(delivery.user, webhook, 100).await.unwrap(),
            None => self.history.of_user(delivery.user, 100).await.unwrap(),
        };
        all.into_iter().find(|record| record.id == delivery.id)
    }

    fn letter(&self, position: u64) -> DeadLetter {
        let payload = String::new();
        let event = Event::new(&self.ambient(), Topic::Notification, ServiceName::User, "k", "s", 1, &payload);
        DeadLetter { record: Record { position, event }, reason: "unreadable".into() }
    }

    fn contact(&self, revision: u64) -> Contact {
        let ambient = self.ambient();
        Contact {
            user: UserId::mint(&ambient),
            tenant: TenantId::mint(&ambient),
            email: "ada@example.org".into(),
            first_name: "Ada".into(),
            phone: Some("+4915112345678".into()),
            phone_verified: true,
            verified: true,
            email_unproven: false,
            deleting: false,
            email_notification: true,
            sms_notification: false,
            revision,
        }
    }

    /// Somebody who asked to go, and somebody who is gone.
    async fn departed(&self) -> [UserId; 2] {
        let (leaving, gone) = (Contact { deleting: true, ..self.contact(1) }, self.contact(1));
        let departures = vec![Self::user_effect(&leaving, None), Effect::Gone { user: gone.user, revision: 2 }];
        self.effects(departures).await;
        [leaving.user, gone.user]
    }

    fn user_effect(contact: &Contact, news: Option<Occurrence>) -> Effect {
        Effect::User { contact: Box::new(contact.clone()), news: news.map(Box::new) }
    }

    fn occurrence(&self, user: UserId, kind: Option<Kind>, event: Option<EventType>) -> Occurrence {
        Occurrence { told: self.told(user), kind, event }
    }

    fn webhook(&self, user: UserId, events: &[&str]) -> Webhook {
        let (ambient, at) = (self.ambient(), self.now());
        Webhook {
            id: WebhookId::mint(&ambient),
            user,
            url: "https://ada.example.org/berth".into(),
            events: Events::parse(events).unwrap(),
            active: true,
            secret: Secret(ambient.bytes::<32>().to_vec()),
            previous: None,
            failing_since: None,
            failures: 0,
            disabled: None,
            created_at: at,
            updated_at: at,
        }
    }

    async fn made(&self, webhook: Webhook) -> Webhook {
        self.webhooks.create(webhook.clone(), self.act(webhook.user, "create")).await.unwrap();
        webhook
    }

    fn event_for(&self, webhook: &Webhook) -> Delivery {
        let (id, told) = (DeliveryId::mint(&self.ambient()), self.told(webhook.user));
        Delivery::to_webhook(id, webhook.id, Subject::Event(EventType::WebhookTest), told, self.now())
    }

    fn act(&self, user: UserId, action: &str) -> Act {
        let ambient = self.ambient();
        let caller = Caller {
            user,
            tenant: TenantId::mint(&ambient),
            role: Role::Owner,
            access: Access::Login,
            session: SessionId::mint(&ambient),
            verified: true,
            admin: false,
        };
        Act::by(&caller, action, "thing", user)
    }

    async fn dead(&self) -> Vec<domain::Record> {
        let page = kit::PageRequest { limit: 200, after: None };
        self.dead_letters.list(DeadFilter::default(), &page).await.unwrap().items
    }
}
