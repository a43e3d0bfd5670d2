//! SQLite keeps the contract, and stores that break one rule each fail the case that is about it.

use std::sync::Arc;

use async_trait::async_trait;
use kit::{ErrorCode, Failure, MachineId, Page, PageRequest, Timestamp};
use sqlite::Database;
use testkit::{TestClock, contract};

use super::{MIGRATIONS, SqliteMachines};
use crate::contract::machine_store::{World, machine_store};
use crate::domain::{Cause, Listing, Machine};
use crate::ports::MachineStore;

async fn world(wrap: impl FnOnce(SqliteMachines) -> Arc<dyn MachineStore>) -> World {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::open(&directory.path().join("m.db"), &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
    let ambient = TestClock::default().ambient();
    let store = wrap(SqliteMachines::new(database.clone(), ambient.clone()));
    World { store, database, ambient, keep: Box::new(directory) }
}

#[tokio::test]
async fn sqlite_keeps_the_contract() {
    contract::passes(machine_store(), || world(|store| Arc::new(store))).await;
}

/// One rule that a wrong store breaks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    /// Takes every revision for the present one.
    Guard,
    /// Gives every page from the start.
    Cursor,
    /// Forgets that it imported.
    Marker,
    /// Shows what the filter leaves out.
    Filter,
}

struct Broken(SqliteMachines, Breaks);

#[async_trait]
impl MachineStore for Broken {
    async fn find(&self, id: MachineId) -> Result<Option<Machine>, Failure> {
        self.0.find(id).await
    }

    async fn list(&self, listing: &Listing, page: &PageRequest) -> Result<Page<Machine>, Failure> {
        match self.1 {
            Breaks::Cursor => self.0.list(listing, &PageRequest { after: None, ..page.clone() }).await,
            Breaks::Filter => self.0.list(&Listing { sort: listing.sort, ..Listing::default() }, page).await,
            Breaks::Guard | Breaks::Marker => self.0.list(listing, page).await,
        }
    }

    async fn create(&self, machine: &Machine, cause: Cause) -> Result<(), Failure> {
        self.0.create(machine, cause).await
    }

    async fn replace(&self, before: &Machine, after: &Machine, cause: Cause) -> Result<(), Failure> {
        loop {
            let present = self.0.find(before.id).await?;
            let Some(present) = present.filter(|_| self.1 == Breaks::Guard) else {
                return self.0.replace(before, after, cause).await;
            };
            let after = Machine { revision: present.revision + 1, ..after.clone() };
            match self.0.replace(&present, &after, cause).await {
                Err(failure) if failure.code == ErrorCode::RevisionMismatch => {}
                done => return done,
            }
        }
    }

    async fn is_imported(&self) -> Result<bool, Failure> {
        if self.1 == Breaks::Marker { Ok(false) } else { self.0.is_imported().await }
    }

    async fn import(&self, machines: &[Machine], at: Timestamp) -> Result<bool, Failure> {
        self.0.import(machines, at).await
    }
}

async fn breaking(breaks: Breaks, cases: &[&str]) {
    contract::fails(machine_store(), || world(move |store| Arc::new(Broken(store, breaks))), cases).await;
}

#[tokio::test]
async fn a_wrong_store_fails_the_case_that_is_about_its_fault() {
    let announced = "each_change_is_announced_once_and_a_refused_one_never";
    breaking(Breaks::Guard, &["of_two_changes_of_one_revision_one_wins", announced]).await;
    let listed = "a_list_in_any_order_misses_and_repeats_nothing";
    breaking(Breaks::Cursor, &[listed, "a_cursor_holds_for_its_order_only"]).await;
    breaking(Breaks::Marker, &["an_import_happens_once_ever"]).await;
    breaking(Breaks::Filter, &["a_filter_leaves_out_what_does_not_fit"]).await;
}
