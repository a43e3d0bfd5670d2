//! The collector on a real store: what cannot be read is put aside, what is no act is passed over.

use bus::OutboxSource;
use bus::consume::Source as _;
use kit::{Ambient, EventId, PageRequest, ServiceName};
use sql::{Database, Stored as _};

use super::*;
use crate::domain::AuditFilter;
use crate::store::sql::{MIGRATIONS, SqlStore};

const TOPIC: Topic = Topic::Audit(ServiceName::Allocation);

struct Bench {
    database: Database,
    store: Arc<SqlStore>,
    collector: AuditCollector,
    ambient: Ambient,
    _directory: tempfile::TempDir,
}

impl Bench {
    async fn new() -> Self {
        let (directory, ambient) = (tempfile::tempdir().unwrap(), Ambient::system());
        let path = directory.path().join("user.db");
        let database = Database::open(&path, &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
        let store = Arc::new(SqlStore::new(database.clone(), ambient.clone()));
        let collector = AuditCollector { archive: store.clone() };
        Self { database, store, collector, ambient, _directory: directory }
    }

    fn act(&self, action: &str) -> AuditRecorded {
        bus::audit::recorded(
            EventId::mint(&self.ambient),
            self.ambient.now(),
            &Act::anonymous(action, "allocation", "a"),
        )
    }

    /// Announces these and lets the collector read from where it is.
    async fn deliver(&self, kind: &str, told: Vec<AuditRecorded>) {
        let events: Vec<Event> = told
            .iter()
            .map(|told| Event::new(&self.ambient, TOPIC, ServiceName::Allocation, kind, &told.id, 1, told))
            .collect();
        let work = self.database.write(move |c| {
            Box::pin(async move {
                for event in &events {
                    bus::outbox::append(c, event).await?;
                }
                Ok(())
            })
        });
        work.await.unwrap();
        let source = OutboxSource::new(self.database.clone(), TOPIC);
        let records = source.after(self.collector.position(TOPIC).await.unwrap(), 100).await.unwrap();
        self.collector.apply(TOPIC, records).await.unwrap();
    }

    async fn actions(&self) -> Vec<String> {
        let page = PageRequest::parse(None, None).unwrap();
        let listed = self.store.list(&AuditFilter::default(), &page).await.unwrap();
        listed.items.into_iter().rev().map(|entry| entry.act.action).collect()
    }

    async fn buried(&self) -> i64 {
        let count = sql::query_scalar("SELECT COUNT(*) FROM dead_letter WHERE consumer = 'user.audit'");
        count.fetch_one(self.database.readers()).await.stored().unwrap()
    }
}

#[tokio::test]
async fn an_act_that_cannot_be_read_is_put_aside_and_holds_up_no_other() {
    let bench = Bench::new().await;
    let actor = AuditRecorded { actor: "ada".to_owned(), ..bench.act("allocation.start") };
    let address = AuditRecorded { address: Some("here".to_owned()), ..bench.act("allocation.restart") };
    let told = vec![bench.act("allocation.create"), actor, address, bench.act("allocation.stop")];
    bench.deliver(RECORDED, told).await;
    assert_eq!(bench.actions().await, ["allocation.create", "allocation.stop"]);
    assert_eq!((bench.buried().await, bench.collector.position(TOPIC).await.unwrap()), (2, 4));
}

#[tokio::test]
async fn what_is_told_twice_is_listed_once_and_other_kinds_are_passed_over() {
    let bench = Bench::new().await;
    let told = bench.act("allocation.create");
    bench.deliver(RECORDED, vec![told.clone()]).await;
    bench.deliver(RECORDED, vec![told]).await;
    let foreign = bench.act("allocation.stop");
    bench.deliver("audit.invented", vec![foreign]).await;
    assert_eq!(bench.actions().await, ["allocation.create"]);
    assert_eq!((bench.buried().await, bench.collector.position(TOPIC).await.unwrap()), (0, 3));
}
