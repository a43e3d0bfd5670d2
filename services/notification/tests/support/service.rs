//! A notification service over a real file, with a clock that the test moves and events as user announces them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use berth_notification::config::NotificationConfig;
use berth_notification::mailers::{Sender, SmtpMailer};
use berth_notification::store::{SqliteDeliveries, sqlite::MIGRATIONS};
use berth_notification::{Deps, build};
use bus::{Event, Record, Topic};
use kit::{Ambient, EventId, MasterKey, SealingKey, ServiceName, UserId};
use proto::v1::NotificationRequested;
use sqlite::Database;
use testkit::TestClock;
use wire::Report;

pub struct Notification {
    pub clock: TestClock,
    pub database: Database,
    pub codes: SealingKey,
    service: wire::Service,
}

impl Notification {
    pub async fn start(directory: &Path, smtp_url: &str) -> Self {
        let clock = TestClock::default();
        let codes = MasterKey::decode("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
            .unwrap()
            .derive("user-notification.codes");
        let migrations = [&bus::MIGRATIONS, &MIGRATIONS];
        let database = Database::open(&directory.join("notification.db"), &migrations).await.unwrap();
        let store = Arc::new(SqliteDeliveries::open(database.clone()).await.unwrap());
        let sender = Sender::parse("Berth <berth@example.org>").unwrap();
        let deps = Deps {
            inbox: store.clone(),
            deliveries: store,
            mailer: Arc::new(SmtpMailer::new(smtp_url, sender).unwrap()),
            codes: codes.clone(),
            ambient: clock.ambient(),
            config: NotificationConfig::default(),
        };
        Self { clock, database, codes, service: build(deps).unwrap() }
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

    pub async fn announce(&self, position: u64, kind: &str, request: &NotificationRequested) {
        let (ambient, topic) = (self.ambient(), Topic::Notification);
        let event = Event::new(&ambient, topic, ServiceName::User, kind, &request.id, 1, request);
        let subscription = &self.service.consumers[0];
        subscription.consumer.apply(topic, vec![Record { position, event }]).await.unwrap();
    }

    pub async fn ask(&self, position: u64, request: &NotificationRequested) {
        self.announce(position, "notification.requested", request).await;
    }

    /// One run of the delivery task.
    pub async fn run(&self) -> Report {
        self.service.tasks[0].task.run_once().await
    }

    /// How long the delivery task would sleep now.
    pub fn pause(&self) -> Duration {
        self.service.tasks[0].task.every()
    }

    /// Each delivery's state, reason and whether its code is still there, oldest first.
    pub async fn deliveries(&self) -> Vec<(String, Option<String>, bool)> {
        let rows =
            sqlx::query_as("SELECT state, reason, sealed_code IS NOT NULL FROM delivery ORDER BY created_at, id");
        rows.fetch_all(self.database.readers()).await.unwrap()
    }

    pub async fn unreadable(&self) -> Vec<String> {
        let rows = sqlx::query_scalar("SELECT reason FROM dead_letter ORDER BY position");
        rows.fetch_all(self.database.readers()).await.unwrap()
    }

    /// The running service: its tasks on their timers.
    pub fn start_tasks(&self, drain: &wire::drain::Drain) {
        for task in &self.service.tasks {
            task.clone().start(drain);
        }
    }
}
