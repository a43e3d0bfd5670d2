//! SQLite keeps the contract, and models that break one rule each fail the case that is about it.

use std::sync::Arc;

use async_trait::async_trait;
use bus::Topic;
use kit::{AllocationId, Failure, MachineId, TenantId, UserId};
use sql::Database;
use testkit::{TestClock, contract};

use super::{MIGRATIONS, SqliteReadModel};
use crate::contract::read_model::{World, read_model};
use crate::domain::{AllocationCopy, Effect, MachineCopy, Person};
use crate::ports::{Contents, Intake, ReadModel};

async fn world(wrap: impl FnOnce(SqliteReadModel) -> Arc<dyn ReadModel>) -> World {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::open(&directory.path().join("v.db"), &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
    let model = wrap(SqliteReadModel::new(database));
    World { model, ambient: TestClock::default().ambient(), keep: Box::new(directory) }
}

#[tokio::test]
async fn sqlite_keeps_the_contract() {
    contract::passes(read_model(), || world(|model| Arc::new(model))).await;
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    /// Takes the last to come for the newest.
    Order,
    /// Looks whether it is the newest, and then writes.
    Race,
    /// Names owners who are gone.
    Gone,
    /// Shows allocations to everybody.
    Tenant,
    /// Forgets to move on past what it cannot read.
    Position,
    /// Shows the first page for the whole.
    Contents,
}

struct Broken(SqliteReadModel, Breaks);

#[async_trait]
impl ReadModel for Broken {
    async fn person(&self, user: UserId) -> Result<Option<Person>, Failure> {
        self.0.person(user).await
    }

    async fn tenant_owner(&self, tenant: TenantId) -> Result<Option<UserId>, Failure> {
        if self.1 != Breaks::Gone {
            return self.0.tenant_owner(tenant).await;
        }
        let owner = sql::query_scalar::<Vec<u8>>("SELECT user_id FROM people WHERE tenant_id = ?")
            .bind(tenant.as_bytes())
            .fetch_optional(self.0.0.readers())
            .await
            .unwrap();
        Ok(owner.and_then(|bytes| UserId::from_bytes(&bytes)))
    }

    async fn machine(&self, id: MachineId) -> Result<Option<MachineCopy>, Failure> {
        self.0.machine(id).await
    }

    async fn allocation(&self, tenant: TenantId, id: AllocationId) -> Result<Option<AllocationCopy>, Failure> {
        if self.1 != Breaks::Tenant {
            return self.0.allocation(tenant, id).await;
        }
        let owner = sql::query_scalar::<Vec<u8>>("SELECT tenant_id FROM allocation_copies WHERE id = ?")
            .bind(id.as_bytes())
            .fetch_optional(self.0.0.readers())
            .await
            .unwrap();
        let owner = owner.and_then(|bytes| TenantId::from_bytes(&bytes));
        self.0.allocation(owner.unwrap_or(tenant), id).await
    }

    async fn contents(&self) -> Result<Contents, Failure> {
        let contents = self.0.contents().await?;
        let all = if self.1 == Breaks::Contents { 1 } else { usize::MAX };
        Ok(Contents { people: contents.people.into_iter().take(all).collect(), ..contents })
    }

    async fn position(&self, consumer: &'static str, topic: Topic) -> Result<u64, Failure> {
        self.0.position(consumer, topic).await
    }

    async fn take(&self, consumer: &'static str, intake: Intake) -> Result<(), Failure> {
        if self.1 == Breaks::Position && !intake.letters.is_empty() {
            return self.0.take(consumer, Intake { position: 0, ..intake }).await;
        }
        let mut intake = intake;
        if matches!(self.1, Breaks::Order | Breaks::Race) {
            for effect in std::mem::take(&mut intake.effects) {
                match effect {
                    Effect::Person(person) => self.put(person).await?,
                    other => intake.effects.push(other),
                }
            }
        }
        self.0.take(consumer, intake).await
    }
}

impl Broken {
    /// Looks, or not even that, and then puts a person in the place of whatever stands there by now.
    async fn put(&self, person: Person) -> Result<(), Failure> {
        let present = self.0.person(person.user).await?;
        if self.1 == Breaks::Race && present.is_some_and(|present| present.revision >= person.revision) {
            return Ok(());
        }
        let work = self.0.0.write(move |c| {
            Box::pin(async move {
                let user = person.user;
                let gone = sql::query("DELETE FROM people WHERE user_id = ?").bind(user.as_bytes()).execute(&mut *c);
                gone.await.map_err(Failure::internal)?;
                super::apply(c, &Effect::Person(person)).await
            })
        });
        work.await
    }
}

async fn breaking(breaks: Breaks, cases: &[&str]) {
    contract::fails(read_model(), || world(move |model| Arc::new(Broken(model, breaks))), cases).await;
}

#[tokio::test]
async fn a_wrong_model_fails_the_case_that_is_about_its_fault() {
    let straggler = "a_straggler_does_not_bring_back_who_is_gone";
    let at_once = "of_many_that_take_in_at_once_the_newest_stays";
    breaking(Breaks::Order, &["an_older_revision_changes_nothing", at_once, straggler]).await;
    breaking(Breaks::Race, &[at_once]).await;
    breaking(Breaks::Gone, &["a_tenant_has_an_owner_until_that_one_is_gone", straggler]).await;
    breaking(Breaks::Tenant, &["anothers_allocation_is_none"]).await;
    breaking(Breaks::Position, &["an_event_put_aside_is_passed_over"]).await;
    breaking(Breaks::Contents, &["built_in_another_order_it_is_the_same"]).await;
}
