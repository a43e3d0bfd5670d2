//! A verifier to test: a real read model, owners that a test speaks for and counts, a clock that it moves.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bus::{News, Topic};
use cache::MokaCache;
use kit::{AllocationId, Ambient, ErrorCode, Failure, MachineId, Timestamp, UserId};
use sql::Database;
use testkit::TestClock;

use crate::config::VerifierConfig;
use crate::domain::{AllocationCopy, Closure, Effect, Key, MachineCopy, Person};
use crate::ports::{ClosureFeed, Intake, Owners};
use crate::store::sqlite::{MIGRATIONS, SqliteReadModel};
use crate::use_cases::{App, Revocation};

/// Everything that others own, as a test wants it.
#[derive(Default)]
pub struct World {
    pub people: Mutex<HashMap<UserId, Person>>,
    /// By hash.
    pub keys: Mutex<HashMap<Vec<u8>, Key>>,
    pub machines: Mutex<HashMap<MachineId, MachineCopy>>,
    pub allocations: Mutex<HashMap<AllocationId, AllocationCopy>>,
    pub closures: Mutex<Vec<Closure>>,
    /// Nobody answers.
    pub away: AtomicBool,
    /// How often an owner was asked; closures do not count.
    pub asked: AtomicU32,
    pub polled: AtomicU32,
}

impl World {
    fn answer<T>(&self, counter: &AtomicU32, answer: impl FnOnce() -> T) -> Result<T, Failure> {
        counter.fetch_add(1, Ordering::SeqCst);
        if self.away.load(Ordering::SeqCst) {
            return Err(Failure::of(ErrorCode::PeerUnavailable));
        }
        Ok(answer())
    }
}

#[async_trait]
impl Owners for World {
    async fn person(&self, user: UserId) -> Result<Option<Person>, Failure> {
        self.answer(&self.asked, || self.people.lock().unwrap().get(&user).cloned())
    }

    async fn api_key(&self, hash: &[u8]) -> Result<Option<Key>, Failure> {
        self.answer(&self.asked, || self.keys.lock().unwrap().get(hash).cloned())
    }

    async fn machine(&self, id: MachineId) -> Result<Option<MachineCopy>, Failure> {
        self.answer(&self.asked, || self.machines.lock().unwrap().get(&id).cloned())
    }

    async fn allocation(&self, id: AllocationId) -> Result<Option<AllocationCopy>, Failure> {
        self.answer(&self.asked, || self.allocations.lock().unwrap().get(&id).cloned())
    }
}

#[async_trait]
impl ClosureFeed for World {
    async fn closed_since(&self, cursor: u64, limit: u32) -> Result<Vec<Closure>, Failure> {
        self.answer(&self.polled, || {
            let closures = self.closures.lock().unwrap();
            closures.iter().filter(|closure| closure.cursor > cursor).take(limit as usize).cloned().collect()
        })
    }
}

pub struct Bench {
    pub app: App,
    pub world: Arc<World>,
    pub clock: TestClock,
    pub ambient: Ambient,
    _directory: tempfile::TempDir,
}

impl Bench {
    /// User was heard just now.
    pub async fn start() -> Self {
        // Long enough for a busy machine; what must wait for its end says so.
        let bench = Self::impatient(Duration::from_secs(20)).await;
        bench.app.revocation.poll().await.unwrap();
        bench
    }

    /// With this patience for events, and user not heard yet.
    pub async fn impatient(patience: Duration) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(&directory.path().join("v.db"), &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
        let (world, clock) = (Arc::new(World::default()), TestClock::default());
        let ambient = clock.ambient();
        let config = VerifierConfig { patience, ..VerifierConfig::default() };
        let app = App {
            model: Arc::new(SqliteReadModel::new(database)),
            owners: world.clone(),
            cache: Arc::new(MokaCache::new(100)),
            revocation: Arc::new(Revocation::new(world.clone(), ambient.clone(), config)),
            confirmations: Arc::default(),
            news: News::default(),
            ambient: ambient.clone(),
            config,
        };
        Self { app, world, clock, ambient, _directory: directory }
    }

    /// An event arrives.
    pub async fn announce(&self, effect: Effect) {
        self.announce_elsewhere(effect).await;
        self.app.news.tell();
    }

    /// An event arrives at another replica.
    pub async fn announce_elsewhere(&self, effect: Effect) {
        let intake = Intake { topic: Topic::User, effects: vec![effect], letters: Vec::new(), position: 0 };
        self.app.model.take("bench", intake).await.unwrap();
    }

    /// The owner has this; its event is under way.
    pub fn own(&self, person: &Person) {
        self.world.people.lock().unwrap().insert(person.user, person.clone());
    }

    /// The owner has this, and everybody knows.
    pub async fn settle(&self, person: &Person) {
        self.own(person);
        self.announce(Effect::Person(person.clone())).await;
    }

    pub fn asked(&self) -> u32 {
        self.world.asked.load(Ordering::SeqCst)
    }

    pub fn away(&self, away: bool) {
        self.world.away.store(away, Ordering::SeqCst);
    }

    /// User closes sessions; nobody has heard of it yet.
    pub fn close(&self, user: UserId, session: Option<kit::SessionId>, at: Timestamp) {
        let mut closures = self.world.closures.lock().unwrap();
        let cursor = closures.len() as u64 + 1;
        closures.push(Closure { cursor, session, user, at, reason: "logout".to_owned() });
    }
}
