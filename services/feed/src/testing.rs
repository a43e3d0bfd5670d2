//! A feed to test: a real store, a catalogue of one machine, a clock that the test moves.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Event, OutboxSource, Record, Topic};
use kit::{Ambient, ErrorCode, Failure, MachineId, ServiceName, UserId};
use proto::v1;
use sql::Database;
use testkit::{TestClock, TestDoor};

use crate::Deps;
use crate::config::FeedConfig;
use crate::ports::Catalogue;
use crate::store::sqlite::{MIGRATIONS, SqliteFeed};

struct Only(MachineId);

#[async_trait]
impl Catalogue for Only {
    async fn require(&self, machine: MachineId) -> Result<(), Failure> {
        if machine == self.0 { Ok(()) } else { Err(Failure::of(ErrorCode::MachineNotFound)) }
    }
}

pub struct Bench {
    pub service: wire::Service,
    pub door: TestDoor,
    pub store: Arc<SqliteFeed>,
    /// The only machine there is.
    pub machine: MachineId,
    /// The acts that were announced.
    pub acts: OutboxSource,
    pub database: Database,
    pub clock: TestClock,
    pub ambient: Ambient,
    _directory: tempfile::TempDir,
}

impl Bench {
    pub async fn start() -> Self {
        Self::configured(FeedConfig::default()).await
    }

    pub async fn configured(config: FeedConfig) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(&directory.path().join("f.db"), &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
        let clock = TestClock::default();
        let ambient = clock.ambient();
        let (door, machine) = (TestDoor::new(&ambient), MachineId::mint(&ambient));
        let store = Arc::new(SqliteFeed::new(database.clone(), ambient.clone()));
        let service = crate::build(Deps {
            likes: store.clone(),
            comments: store.clone(),
            counts: store.clone(),
            people: store.clone(),
            catalogue: Arc::new(Only(machine)),
            ambient: ambient.clone(),
            config,
            door: door.door(),
        });
        let acts = OutboxSource::new(database.clone(), Topic::Audit(ServiceName::Feed));
        Self { service, door, store, machine, acts, database, clock, ambient, _directory: directory }
    }

    /// Has the service's consumer take events of one topic.
    pub async fn hear(&self, topic: Topic, events: Vec<Event>) {
        let consumer = &self.service.consumers[0].consumer;
        let after = consumer.position(topic).await.unwrap();
        let records = (after + 1..).zip(events).map(|(position, event)| Record { position, event }).collect();
        consumer.apply(topic, records).await.unwrap();
    }

    /// An event of Ada Lovelace's, changed as the test wants her.
    pub fn ada(&self, user: UserId, revision: u64, change: impl FnOnce(&mut v1::User)) -> Event {
        let mut ada = v1::User {
            id: user.to_string(),
            first_name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
            revision,
            ..v1::User::default()
        };
        change(&mut ada);
        let payload = v1::UserEvent { user: Some(ada), cause: None, changed: Vec::new() };
        Event::new(&self.ambient, Topic::User, ServiceName::User, "user.updated", user, revision, &payload)
    }

    /// An event of an allocation of the machine.
    pub fn allocation(&self, user: UserId, state: &str, started: bool) -> Event {
        let allocation = v1::Allocation {
            user_id: user.to_string(),
            machine_id: self.machine.to_string(),
            state: state.to_owned(),
            started_at: started.then(|| self.ambient.now().as_micros()),
            ..v1::Allocation::default()
        };
        let payload = v1::AllocationEvent { allocation: Some(allocation), cause: None, changed: Vec::new() };
        let kind = format!("allocation.{state}");
        Event::new(&self.ambient, Topic::Allocation, ServiceName::Allocation, kind, "a", 1, &payload)
    }
}
