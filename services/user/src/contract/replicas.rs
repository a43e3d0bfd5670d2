//! Two replicas of this service on one MySQL database: what both do at once is done once, and what one leaves the other
//! takes up.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bus::{OutboxSource, Source as _, Topic};
use futures::future::{join, join_all};
use kit::{Act, ApiKeyId, EventId, Failure, MasterKey, Scope, ServiceName, UserId};
use sql::Database;
use testkit::databases::{OwnMySql, fresh_mysql};
use testkit::{TestClock, until};
use tokio::sync::watch;
use wire::{Report, Task as _};

use super::{DAY, World, acting};
use crate::config::UserConfig;
use crate::crypto::JwtSigner;
use crate::domain::{AuditEntry, KeyName, NewApiKey, Secrets, Settlement, Worker};
use crate::fakes::FakePeers;
use crate::ports::{AuditBatch, Holdings, KeyStore as _, Settlements as _, TokenSigner as _};
use crate::store::SqlStore;
use crate::store::sql::TABLES;
use crate::tasks::{AccountSweep, AccountWork, RetentionSweep, SigningKeyRotation};

/// Two processes with pools of their own, and the world as the first of them sees it.
struct Pair {
    world: World,
    one: Arc<SqlStore>,
    other: Arc<SqlStore>,
    database: Database,
    clock: TestClock,
    _own: OwnMySql,
}

async fn pair() -> Pair {
    let (database, own) = fresh_mysql(TABLES).await;
    let clock = TestClock::default();
    let one = SqlStore::new(database.clone(), clock.ambient());
    let other = SqlStore::new(Database::connect(&own.url()).unwrap(), clock.ambient());
    let world = World::new(one.clone(), clock.clone(), ());
    Pair { world, one: Arc::new(one), other: Arc::new(other), database, clock, _own: own }
}

impl Pair {
    fn both(&self) -> [Arc<SqlStore>; 2] {
        [self.one.clone(), self.other.clone()]
    }

    /// Who is an admin, and some that are suspended or go.
    async fn closed_accounts(&self) -> BTreeSet<UserId> {
        self.world.verified("ada@example.org").await;
        let mut closed = BTreeSet::new();
        for n in 0..6 {
            let user = self.world.verified(&format!("u{n}@example.org")).await.id;
            if n % 2 == 0 {
                self.world.suspend(user).await.unwrap();
            } else {
                self.world.leave(user).await.unwrap();
            }
            closed.insert(user);
        }
        self.clock.advance(Duration::from_secs(60));
        closed
    }

    fn account_work(&self, store: &Arc<SqlStore>, holdings: Arc<dyn Holdings>) -> AccountWork {
        AccountWork { settlements: store.clone(), holdings, ambient: self.clock.ambient() }
    }

    /// How many events of a kind were announced.
    async fn announced(&self, topic: Topic, kind: &str) -> usize {
        let records = OutboxSource::new(self.database.clone(), topic).after(0, 10_000).await.unwrap();
        records.iter().filter(|record| record.event.kind == kind).count()
    }
}

#[tokio::test]
async fn two_replicas_settle_each_closed_account_once() {
    let pair = pair().await;
    let closed = pair.closed_accounts().await;
    let peers = FakePeers::default();
    let [one, other] = pair.both().map(|store| pair.account_work(&store, Arc::new(peers.clone())));
    let (one, other) = join(one.run_once(), other.run_once()).await;
    assert_eq!((one.done + other.done, one.failed + other.failed), (6, 0));
    let asked: Vec<UserId> = peers.asked().iter().map(|work| work.user).collect();
    assert_eq!((asked.len(), asked.into_iter().collect::<BTreeSet<_>>()), (6, closed), "each was settled once");
    assert_eq!(pair.announced(Topic::User, "user.deleted").await, 3);
}

/// Answers when it may.
struct Held(FakePeers, watch::Receiver<bool>);

#[async_trait]
impl Holdings for Held {
    async fn settle(&self, work: Settlement) -> Result<u32, Failure> {
        let answer = self.0.settle(work).await;
        self.1.clone().wait_for(|may| *may).await.map_err(Failure::internal)?;
        answer
    }
}

#[tokio::test]
async fn what_one_replica_is_at_the_other_leaves_to_it() {
    let pair = pair().await;
    let bob = pair.world.verified("bob@example.org").await;
    pair.world.verified("ada@example.org").await;
    pair.world.set_admin(pair.world.verified("eve@example.org").await.id, true).await.unwrap();
    pair.world.leave(bob.id).await.unwrap();
    pair.clock.advance(Duration::from_secs(60));
    let (release, held) = watch::channel(false);
    let (busy, idle) = (FakePeers::default(), FakePeers::default());
    let one = pair.account_work(&pair.one, Arc::new(Held(busy.clone(), held)));
    let one = tokio::spawn(async move { one.run_once().await });
    until(|| async { busy.asked().len() }, |asked| *asked == 1).await;
    let other = pair.account_work(&pair.other, Arc::new(idle.clone()));
    assert_eq!(other.run_once().await, Report { seen: 1, done: 0, failed: 0 });
    release.send_replace(true);
    assert_eq!(one.await.unwrap(), Report { seen: 1, done: 1, failed: 0 });
    assert_eq!((other.run_once().await, idle.asked().len()), (Report::default(), 0));
}

#[tokio::test]
async fn what_a_replica_died_at_the_other_takes_over_when_its_time_is_over() {
    let pair = pair().await;
    pair.world.verified("ada@example.org").await;
    let bob = pair.world.verified("bob@example.org").await;
    pair.world.suspend(bob.id).await.unwrap();
    pair.clock.advance(Duration::from_secs(60));
    let dead = pair.one.claim(bob.id, Worker([1; 16]), Duration::from_secs(1)).await.unwrap();
    assert!(dead.is_some());
    let other = pair.account_work(&pair.other, Arc::new(FakePeers::default()));
    assert_eq!(other.run_once().await, Report { seen: 1, done: 0, failed: 0 });
    until(|| other.run_once(), |report| report.done == 1).await;
}

#[tokio::test]
async fn two_sweeps_at_once_remove_each_account_once_and_tell_of_each_count_once() {
    let pair = pair().await;
    let ada = pair.world.verified("ada@example.org").await;
    for _ in 0..3 {
        let act = Act { address: "192.0.2.1".parse().ok(), ..acting("user.login_failed", None) };
        pair.world.sessions.refused(ada.id, act).await.unwrap();
    }
    for n in 0..20 {
        pair.world.sign_up(&format!("u{n}@example.org")).await.unwrap();
    }
    pair.clock.advance(8 * DAY);
    let sweeps = pair.both().map(|store| {
        let (ambient, config) = (pair.clock.ambient(), UserConfig::default());
        async move { AccountSweep { directory: store, ambient, config }.run_once().await }
    });
    let reports = join_all(sweeps).await;
    assert!(reports.iter().all(|report| report.failed == 0), "{reports:?}");
    // What one replica was at, the other passed over.
    let rest =
        AccountSweep { directory: pair.one.clone(), ambient: pair.clock.ambient(), config: UserConfig::default() };
    rest.run_once().await;
    assert_eq!(pair.announced(Topic::User, "user.deleted").await, 20);
    let source = OutboxSource::new(pair.database.clone(), Topic::Audit(ServiceName::User));
    let acts = source.after(0, 10_000).await.unwrap().into_iter().map(|record| record.event.data);
    let failed = acts.filter(|data| String::from_utf8_lossy(data).contains("user.login_failed")).count();
    assert_eq!(failed, 2, "one when it began, one for those that followed");
}

#[tokio::test]
async fn what_is_kept_for_a_time_goes_once_though_two_replicas_look() {
    let pair = pair().await;
    let ada = pair.world.verified("ada@example.org").await;
    let ambient = pair.clock.ambient();
    let act = Act::anonymous("machine.update", "machine", "m");
    let entries = (0..1_500).map(|_| AuditEntry { id: EventId::mint(&ambient), at: ambient.now(), act: act.clone() });
    let topic = Topic::Audit(ServiceName::Machines);
    let batch = AuditBatch { topic, up_to: 1, entries: entries.collect(), unreadable: Vec::new() };
    pair.world.archive.take("t", batch).await.unwrap();
    for n in 0..30 {
        let key = NewApiKey {
            id: ApiKeyId::mint(&ambient),
            tenant: ada.tenant,
            name: KeyName::parse(&format!("k{n}")).unwrap(),
            hint: "wxyz".to_owned(),
            hash: [n; 32],
            scopes: vec![Scope::LogsRead],
            at: ambient.now(),
            expires_at: Some(ambient.now().plus(DAY)),
        };
        pair.world.api_keys.create(ada.id, key, acting("user.api_key_create", Some(ada.id))).await.unwrap();
    }
    pair.clock.advance(400 * DAY);
    let sweeps = pair.both().map(|store| {
        let ambient = pair.clock.ambient();
        let sweep = RetentionSweep { api_keys: store.clone(), archive: store, ambient, audit_life: 365 * DAY };
        async move { sweep.run_once().await }
    });
    let reports = join_all(sweeps).await;
    let removed: u64 = reports.iter().map(|report| report.done).sum();
    assert!(reports.iter().all(|report| report.failed == 0) && removed == 1_530, "{reports:?}");
}

#[tokio::test]
async fn two_replicas_that_begin_at_once_sign_with_one_key() {
    let pair = pair().await;
    let master = MasterKey::mint(&pair.clock.ambient());
    let signers = pair.both().map(|store| {
        let lives = UserConfig::default().keys();
        Arc::new(JwtSigner::new(store, Secrets::new(&master), lives, pair.clock.ambient()))
    });
    let reports =
        join_all(signers.clone().map(|tokens| async move { SigningKeyRotation { tokens }.run_once().await })).await;
    assert_eq!(reports.iter().map(|report| report.done).sum::<u64>(), 1, "{reports:?}");
    assert_eq!(pair.other.all().await.unwrap().len(), 1);
    for signer in signers {
        assert_eq!(signer.rotate().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn of_many_first_sign_ups_at_two_replicas_one_makes_the_admin() {
    let pair = pair().await;
    let stores = pair.both();
    let all = (0..30).map(|n| {
        let world = World { accounts: stores[n % 2].clone(), ..pair.world.clone() };
        async move { world.sign_up(&format!("u{n}@example.org")).await.unwrap().admin }
    });
    assert_eq!(join_all(all).await.into_iter().filter(|admin| *admin).count(), 1);
}
