//! A notification service over a real file, with a clock that the test moves and events as others announce them.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::http::Method;
use actix_web::{App, test};
use async_trait::async_trait;
use berth_notification::config::NotificationConfig;
use berth_notification::gateways::{HttpSms, HttpWebhooks, Reach};
use berth_notification::mailers::{Sender, SmtpMailer};
use berth_notification::ports::{Logs, Resolver, SmsGateway};
use berth_notification::store::{SqlStore, sql::MIGRATIONS};
use berth_notification::{Deps, build};
use bus::{Event, OutboxSource, Source as _, Topic};
use kit::{Ambient, Caller, ErrorCode, EventId, Failure, MasterKey, SealingKey, ServiceName, UserId};
use prost::Message;
use proto::v1::{Allocation, AuditRecorded, NotificationRequested, User};
use serde_json::Value;
use sql::Database;
use testkit::{TestClock, TestDoor, Who};
use utoipa_actix_web::AppExt as _;
use wire::Report;

use super::events::{moved, user_event};
use super::forgetful::Forgetful;

/// A name server that answers what the test says, one answer a question; the last one stays.
#[derive(Clone, Default)]
pub struct Names(Arc<Mutex<(VecDeque<Vec<IpAddr>>, u32)>>);

impl Names {
    pub fn answer(&self, answers: &[&[&str]]) {
        let parse = |answer: &&[&str]| answer.iter().map(|text| text.parse().unwrap()).collect();
        *self.0.lock().unwrap() = (answers.iter().map(parse).collect(), 0);
    }

    /// How often it was asked since it was told its answers.
    pub fn asked(&self) -> u32 {
        self.0.lock().unwrap().1
    }
}

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, _: &str) -> Result<Vec<IpAddr>, Failure> {
        let mut held = self.0.lock().unwrap();
        held.1 += 1;
        let answer = if held.0.len() > 1 { held.0.pop_front() } else { held.0.front().cloned() };
        answer.ok_or_else(|| Failure::of(ErrorCode::WebhookUnreachable))
    }
}

/// Logs of allocations, or the failure to have any.
#[derive(Clone)]
pub struct Lines(Arc<Mutex<Result<Vec<String>, ErrorCode>>>);

impl Lines {
    pub fn fail(&self, code: ErrorCode) {
        *self.0.lock().unwrap() = Err(code);
    }
}

#[async_trait]
impl Logs for Lines {
    async fn last_lines(&self, _: &str, _: &str, lines: u32) -> Result<Vec<String>, Failure> {
        let held = self.0.lock().unwrap().clone();
        held.map(|held| held.into_iter().take(lines as usize).collect()).map_err(Failure::of)
    }
}

/// What the service is set up with.
pub struct Setup {
    pub smtp_url: String,
    pub sms_url: Option<String>,
    pub reach: Reach,
}

pub struct Notification {
    pub clock: TestClock,
    pub database: Database,
    pub codes: SealingKey,
    pub door: TestDoor,
    pub names: Names,
    pub lines: Lines,
    pub deliveries: Forgetful,
    positions: AtomicU64,
    service: wire::Service,
}

impl Notification {
    /// With a mail server only.
    pub async fn start(directory: &Path, smtp_url: &str) -> Self {
        let reach = Reach::PublicAnd(vec!["127.0.0.1".parse().unwrap()]);
        Self::with(directory, Setup { smtp_url: smtp_url.to_owned(), sms_url: None, reach }).await
    }

    pub async fn with(directory: &Path, setup: Setup) -> Self {
        // Whoever came first set it up for all tests.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (clock, names) = (TestClock::default(), Names::default());
        let lines = Lines(Arc::new(Mutex::new(Ok(vec!["ready".into(), "OOM command not allowed".into()]))));
        let master = MasterKey::decode("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
        let migrations = [&bus::MIGRATIONS, &MIGRATIONS];
        let database = Database::open(&directory.join("notification.db"), &migrations).await.unwrap();
        let (ambient, codes) = (clock.ambient(), master.derive("user-notification.codes"));
        let store = SqlStore::open(database.clone(), ambient.clone(), master.derive("secrets")).await.unwrap();
        let (store, door) = (Arc::new(store), TestDoor::new(&ambient));
        let deliveries = Forgetful::new(store.clone());
        let sender = Sender::parse("Berth <berth@example.org>").unwrap();
        let sms = setup.sms_url.map(|url| {
            let gateway = HttpSms::new(&url, Some("t0ken".into()), "Berth".into()).unwrap();
            Arc::new(gateway) as Arc<dyn SmsGateway>
        });
        let service = build(Deps {
            inbox: store.clone(),
            deliveries: Arc::new(deliveries.clone()),
            contacts: store.clone(),
            preferences: store.clone(),
            webhooks: store.clone(),
            history: store.clone(),
            dead_letters: store,
            mailer: Arc::new(SmtpMailer::new(&setup.smtp_url, sender).unwrap()),
            sms,
            sender: Arc::new(HttpWebhooks::new(Arc::new(names.clone()), setup.reach)),
            logs: Arc::new(lines.clone()),
            codes: codes.clone(),
            ambient,
            config: NotificationConfig::default(),
            door: door.door(),
        });
        let (positions, service) = (AtomicU64::new(1_000), service.unwrap());
        Self { clock, database, codes, door, names, lines, deliveries, positions, service }
    }

    pub fn ambient(&self) -> Ambient {
        self.clock.ambient()
    }

    /// What user announces for a code that is valid for ten minutes.
    pub fn request(&self, channel: &str, code: &str) -> NotificationRequested {
        let ambient = self.ambient();
        let id = EventId::mint(&ambient).to_string();
        NotificationRequested {
            kind: "verify_code".into(),
            user_id: UserId::mint(&ambient).to_string(),
            channel: channel.into(),
            recipient: "ada@example.org".into(),
            first_name: "Ada".into(),
            sealed_code: self.codes.seal(&ambient, id.as_bytes(), code.as_bytes()),
            expires_at: ambient.now().plus(Duration::from_secs(600)).as_micros(),
            id,
            ..NotificationRequested::default()
        }
    }

    /// What user announces of something that may be an intruder's doing.
    pub fn notice(&self, kind: &str, user: &User) -> NotificationRequested {
        let details = [("address", "203.0.113.9"), ("agent", "curl/8"), ("name", "backups")];
        NotificationRequested {
            id: EventId::mint(&self.ambient()).to_string(),
            kind: kind.into(),
            user_id: user.id.clone(),
            channel: "email".into(),
            recipient: user.email.clone(),
            first_name: user.first_name.clone(),
            details: details.map(|(name, text)| (name.to_owned(), text.to_owned())).into(),
            at: self.ambient().now().as_micros(),
            ..NotificationRequested::default()
        }
    }

    /// An event of this moment.
    pub fn event(&self, topic: Topic, kind: &str, payload: &impl Message) -> Event {
        Event::new(&self.ambient(), topic, ServiceName::User, kind, "subject", 1, payload)
    }

    pub async fn apply(&self, position: u64, event: Event) {
        let subscription = &self.service.consumers[0];
        let topic = event.topic;
        subscription.consumer.apply(topic, vec![bus::Record { position, event }]).await.unwrap();
    }

    /// Takes an event in as the next of its topic.
    pub async fn happens(&self, topic: Topic, kind: &str, payload: &impl Message) -> Event {
        let event = self.event(topic, kind, payload);
        self.apply(self.positions.fetch_add(1, Ordering::Relaxed), event.clone()).await;
        event
    }

    /// A user as they are now.
    pub async fn user(&self, kind: &str, user: &User) -> Event {
        self.happens(Topic::User, kind, &user_event(user)).await
    }

    /// An allocation in another state than before.
    pub async fn allocation(&self, allocation: &Allocation) -> Event {
        let kind = format!("allocation.{}", allocation.state);
        self.happens(Topic::Allocation, &kind, &moved(allocation)).await
    }

    pub async fn announce(&self, position: u64, kind: &str, request: &NotificationRequested) {
        self.apply(position, self.event(Topic::Notification, kind, request)).await;
    }

    pub async fn ask(&self, position: u64, request: &NotificationRequested) {
        self.announce(position, "notification.requested", request).await;
    }

    /// One run of the task that sends mail and texts.
    pub async fn run(&self) -> Report {
        self.service.tasks[0].task.run_once().await
    }

    /// One run of the task that calls webhooks.
    pub async fn call(&self) -> Report {
        self.service.tasks[1].task.run_once().await
    }

    /// How long the task that sends mail would sleep now.
    pub fn pause(&self) -> Duration {
        self.service.tasks[0].task.every()
    }

    /// Each delivery's state, reason and whether its code is still there, oldest first.
    pub async fn deliveries(&self) -> Vec<(String, Option<String>, bool)> {
        let rows = sql::query_as("SELECT state, reason, sealed_code IS NOT NULL FROM delivery ORDER BY created_at, id");
        rows.fetch_all(self.database.readers()).await.unwrap()
    }

    /// What was recorded for the audit list, oldest first.
    pub async fn acts(&self) -> Vec<AuditRecorded> {
        let source = OutboxSource::new(self.database.clone(), Topic::Audit(ServiceName::Notification));
        let records = source.after(0, 100).await.unwrap();
        records.iter().map(|record| AuditRecorded::decode(&*record.event.data).unwrap()).collect()
    }

    pub async fn unreadable(&self) -> Vec<String> {
        let rows = sql::query_scalar("SELECT reason FROM dead_letter ORDER BY position");
        rows.fetch_all(self.database.readers()).await.unwrap()
    }

    /// The running service: its tasks on their timers.
    pub fn start_tasks(&self, drain: &wire::drain::Drain) {
        for task in &self.service.tasks {
            task.clone().start(drain);
        }
    }

    /// The service's side of gRPC, which can be had once.
    pub fn grpc(&mut self) -> wire::service::Grpc {
        self.service.grpc.take().unwrap()
    }

    /// Somebody who can call, known by events too.
    pub async fn known(&self, who: Who) -> (User, Caller, String) {
        let (caller, token) = self.door.login(who);
        let mut user = super::events::ada(&self.ambient());
        user.id = caller.user.to_string();
        user.tenant_id = caller.tenant.to_string();
        self.user("user.snapshot", &user).await;
        (user, caller, token)
    }

    /// A call over REST: status and body.
    pub async fn rest(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let routes = self.service.http.clone().unwrap();
        let app = App::new().into_utoipa_app().configure(|config| routes(config)).into_app();
        let app = test::init_service(app).await;
        let mut request = test::TestRequest::with_uri(&format!("/notifications{path}")).method(method);
        request = request.insert_header(("authorization", format!("Bearer {token}")));
        if let Some(body) = body {
            request = request.set_json(body);
        }
        let response = test::call_service(&app, request.to_request()).await;
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body()).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
}
