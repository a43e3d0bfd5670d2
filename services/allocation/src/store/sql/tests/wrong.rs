//! Stores that are each wrong in one way, and the cases that find them out.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bus::{OutboxSource, Topic};
use kit::{Act, AllocationId, ErrorCode, Failure, Page, PageRequest, ServiceName, TenantId, Timestamp};
use testkit::Case;
use tokio::sync::watch;

use super::{SqlStore, fresh, sides};
use crate::contract::{
    Sides, World, allocation_changes, allocation_lists, allocation_oversight, allocation_replicas, allocation_store,
};
use crate::domain::allocation::{Allocation, LedgerEntry, PropertyValues};
use crate::domain::listing::{Filter, Sort};
use crate::domain::quota::{Amounts, Quota};
use crate::ports::store::{AllocationStore, Change, IdempotencyKey, NewAllocation, Word};
use crate::ports::{AllocationFleet, AllocationOversight};

/// What a wrong store does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Answers anybody about anything, and lets everybody have as much as they like.
    Careless,
    /// Knows one order, and begins every list anew.
    Unordered,
    /// Finds all, whatever is looked for.
    Undiscerning,
    /// Says that names were changed and changes none.
    Stubborn,
    /// Renames whatever it is told to, whoever asks.
    Confused,
    /// Cannot record an act alone.
    Mute,
    /// Changes only what is called `free`.
    Partial,
    /// Takes no notice of keys, and makes up another name where one is taken.
    Eager,
}

struct Wrong {
    store: SqlStore,
    fault: Fault,
}

impl Wrong {
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// The tenant that has the allocation, where nobody's word is doubted.
    async fn owner(&self, tenant: TenantId, id: AllocationId) -> TenantId {
        let found = AllocationFleet::find(&self.store, id).await.unwrap();
        found.filter(|_| self.is(Fault::Confused)).map_or(tenant, |found| found.tenant)
    }
}

#[async_trait]
impl AllocationStore for Wrong {
    async fn find(&self, tenant: TenantId, id: AllocationId) -> Result<Option<Allocation>, Failure> {
        if self.is(Fault::Careless) {
            return AllocationFleet::find(&self.store, id).await;
        }
        AllocationStore::find(&self.store, tenant, id).await
    }

    async fn find_by_key(&self, tenant: TenantId, key: &IdempotencyKey) -> Result<Option<Allocation>, Failure> {
        self.store.find_by_key(tenant, key).await
    }

    async fn create(
        &self,
        tenant: TenantId,
        mut new: NewAllocation,
        mut bound: Amounts,
    ) -> Result<(Allocation, bool), Failure> {
        if self.is(Fault::Careless) {
            bound.instances = 1_000;
        }
        if self.is(Fault::Eager) {
            new.allocation.name = format!("a{}", new.allocation.id);
            new.key = None;
        }
        self.store.create(tenant, new, bound).await
    }

    async fn list(&self, tenant: TenantId, filter: &Filter, page: &PageRequest) -> Result<Page<Allocation>, Failure> {
        let (filter, page) = match self.fault {
            Fault::Unordered => {
                (Filter { sort: Sort::default(), ..filter.clone() }, PageRequest { after: None, ..page.clone() })
            }
            Fault::Undiscerning => (Filter { sort: filter.sort, ..Filter::default() }, page.clone()),
            _ => (filter.clone(), page.clone()),
        };
        AllocationStore::list(&self.store, tenant, &filter, &page).await
    }

    async fn change(&self, tenant: TenantId, id: AllocationId, change: Change) -> Result<Allocation, Failure> {
        let found = AllocationStore::find(&self.store, tenant, id).await?;
        if self.is(Fault::Partial) && found.is_some_and(|found| found.name != "free") {
            return Err(Failure::of(ErrorCode::StoreUnavailable));
        }
        self.store.change(tenant, id, change).await
    }

    async fn rename(&self, tenant: TenantId, id: AllocationId, name: &str, word: Word) -> Result<Allocation, Failure> {
        if self.is(Fault::Stubborn) {
            let found = AllocationStore::find(&self.store, tenant, id).await?;
            return Ok(Allocation { name: name.to_owned(), ..found.unwrap() });
        }
        let tenant = self.owner(tenant, id).await;
        self.store.rename(tenant, id, name, word).await
    }

    async fn ledger(
        &self,
        tenant: TenantId,
        id: AllocationId,
        page: &PageRequest,
    ) -> Result<Page<LedgerEntry>, Failure> {
        let begin = self.is(Fault::Unordered);
        let page = PageRequest { after: page.after.clone().filter(|_| !begin), ..page.clone() };
        self.store.ledger(tenant, id, &page).await
    }

    async fn values(&self, tenant: TenantId, id: AllocationId) -> Result<PropertyValues, Failure> {
        AllocationStore::values(&self.store, tenant, id).await
    }

    async fn quota(&self, tenant: TenantId, default: Amounts) -> Result<Quota, Failure> {
        self.store.quota(tenant, default).await
    }

    async fn record(&self, act: Act) -> Result<(), Failure> {
        if self.is(Fault::Mute) {
            return Err(Failure::of(ErrorCode::StoreUnavailable));
        }
        self.store.record(act).await
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.store.changes()
    }

    fn look_every(&self) -> Option<Duration> {
        self.store.look_every()
    }
}

async fn world(fault: Fault) -> World {
    let (store, directory) = fresh().await;
    let sides = Sides { store: Arc::new(Wrong { store: store.clone(), fault }), ..sides(&store, &store.database) };
    World::new(sides, Box::new(directory))
}

/// A world whose store cannot record an act that stands alone.
pub async fn mute() -> World {
    world(Fault::Mute).await
}

/// A world whose store changes nothing but what is called `free`.
pub async fn partial() -> World {
    world(Fault::Partial).await
}

async fn found_out(fault: Fault, suite: Vec<Case<World>>, cases: &[&str]) {
    testkit::contract::fails(suite, || world(fault), cases).await;
}

#[tokio::test]
async fn a_mute_store_is_found_out() {
    found_out(Fault::Mute, allocation_changes(), &["an_act_that_changes_nothing_is_recorded_alone"]).await;
}

#[tokio::test]
async fn a_careless_store_is_found_out() {
    let cases = ["a_strangers_is_none", "a_quota_of_three_gives_three_of_fifty"];
    found_out(Fault::Careless, allocation_store(), &cases).await;
    let cases = ["a_quota_of_seven_gives_seven_of_two_hundred"];
    found_out(Fault::Careless, allocation_replicas(), &cases).await;
}

#[tokio::test]
async fn a_store_that_makes_everything_is_found_out() {
    let cases = ["a_key_that_is_used_everywhere_at_once_makes_one", "a_name_is_given_once"];
    found_out(Fault::Eager, allocation_replicas(), &cases).await;
}

#[tokio::test]
async fn a_store_without_order_is_found_out() {
    let cases = [
        "a_walk_in_any_order_sees_each_once_while_the_list_grows",
        "an_order_is_kept",
        "a_cursor_is_good_for_its_own_order_only",
        "a_filter_finds_what_it_says_and_nothing_else",
        "the_ledger_is_read_in_pieces_newest_first",
        "a_cursor_of_the_ledger_is_good_for_its_own_allocation_only",
    ];
    found_out(Fault::Unordered, allocation_lists(), &cases).await;
}

#[tokio::test]
async fn a_store_that_finds_everything_is_found_out() {
    found_out(Fault::Undiscerning, allocation_lists(), &["a_filter_finds_what_it_says_and_nothing_else"]).await;
}

#[tokio::test]
async fn a_store_that_renames_nothing_is_found_out() {
    let cases = [
        "a_rename_is_a_revision_and_an_event_and_no_line_of_the_ledger",
        "a_name_that_is_taken_changes_nothing_and_one_that_was_given_up_is_free",
        "of_many_who_take_a_name_at_once_one_gets_it",
        "a_strangers_is_not_renamed",
        "a_rename_is_an_act_under_the_new_name",
        "a_removed_one_keeps_its_name",
    ];
    found_out(Fault::Stubborn, allocation_changes(), &cases).await;
}

#[tokio::test]
async fn a_store_that_renames_a_strangers_is_found_out() {
    found_out(Fault::Confused, allocation_changes(), &["a_strangers_is_not_renamed"]).await;
}

#[tokio::test]
async fn a_store_that_forgets_acts_is_found_out() {
    let forgetful = || async {
        let ((store, directory), (elsewhere, other)) = (fresh().await, fresh().await);
        let acts = OutboxSource::new(elsewhere.database, Topic::Audit(ServiceName::Allocation));
        let sides = Sides { acts: Arc::new(acts), ..sides(&store, &store.database) };
        World::new(sides, Box::new((directory, other)))
    };
    let cases = [
        "an_accepted_wish_is_an_act_and_a_refusal_is_none",
        "a_repeated_key_is_one_act",
        "a_rename_is_an_act_under_the_new_name",
        "an_act_that_changes_nothing_is_recorded_alone",
    ];
    testkit::contract::fails(allocation_changes(), forgetful, &cases).await;
}

/// Sees one tenant for another, sets no bounds and closes nobody.
struct Shortsighted(SqlStore);

#[async_trait]
impl AllocationOversight for Shortsighted {
    async fn find(&self, _: AllocationId) -> Result<Option<Allocation>, Failure> {
        Ok(None)
    }

    async fn list(&self, filter: &Filter, page: &PageRequest) -> Result<Page<Allocation>, Failure> {
        let first = PageRequest { after: None, ..page.clone() };
        AllocationOversight::list(&self.0, filter, &first).await
    }

    async fn of_tenant(&self, tenant: TenantId, _: u32) -> Result<Vec<Allocation>, Failure> {
        self.0.live_of(tenant).await
    }

    async fn live_of(&self, tenant: TenantId) -> Result<Vec<Allocation>, Failure> {
        self.0.of_tenant(tenant, 9).await
    }

    async fn close(&self, _: TenantId, _: Timestamp) -> Result<(), Failure> {
        Ok(())
    }

    async fn bound(&self, tenant: TenantId, _: Option<Amounts>, default: Amounts, _: Act) -> Result<Quota, Failure> {
        self.0.quota(tenant, default).await
    }
}

#[tokio::test]
async fn a_shortsighted_oversight_is_found_out() {
    let shortsighted = || async {
        let (store, directory) = fresh().await;
        let sides = Sides { oversight: Arc::new(Shortsighted(store.clone())), ..sides(&store, &store.database) };
        World::new(sides, Box::new(directory))
    };
    let all: Vec<&str> = allocation_oversight().iter().map(|case| case.name).collect();
    testkit::contract::fails(allocation_oversight(), shortsighted, &all).await;
}
