//! SQLite keeps the contract, and stores that break one rule each fail the case that is about it.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Event, OutboxSource, Source as _, Topic};
use kit::{ErrorCode, Failure, MachineId, Page, PageRequest, Timestamp};
use sql::{Database, Stored as _};
use testkit::{TestClock, contract};

use super::{MIGRATIONS, SqliteMachines};
use crate::contract::machine_store::{Announced, World, machine_store};
use crate::domain::{Cause, Filter, Listing, Machine, Revision, Search};
use crate::ports::MachineStore;

async fn world(wrap: impl FnOnce(SqliteMachines) -> Arc<dyn MachineStore>) -> World {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::open(&directory.path().join("m.db"), &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
    let ambient = TestClock::default().ambient();
    let store = wrap(SqliteMachines::new(database.clone(), ambient.clone()));
    World { store, announced: Box::new(Outbox(database)), ambient, keep: Box::new(directory) }
}

struct Outbox(Database);

#[async_trait]
impl Announced for Outbox {
    async fn on(&self, topic: Topic) -> Vec<Event> {
        let records = OutboxSource::new(self.0.clone(), topic).after(0, 1000).await.unwrap();
        records.into_iter().map(|record| record.event).collect()
    }
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
    /// Takes the present for the past.
    Past,
    /// Begins every piece of a history at the top.
    History,
    /// Forgets who it was.
    Actor,
}

struct Broken(SqliteMachines, Breaks);

impl Broken {
    fn cause<'a>(&self, cause: &'a Cause) -> &'a Cause {
        if self.1 == Breaks::Actor { &Cause::Platform } else { cause }
    }
}

#[async_trait]
impl MachineStore for Broken {
    async fn find(&self, id: MachineId) -> Result<Option<Machine>, Failure> {
        self.0.find(id).await
    }

    async fn list(&self, listing: &Listing, page: &PageRequest) -> Result<Page<Machine>, Failure> {
        match self.1 {
            Breaks::Cursor => self.0.list(listing, &PageRequest { after: None, ..page.clone() }).await,
            Breaks::Filter => self.0.list(&Listing { sort: listing.sort, ..Listing::default() }, page).await,
            _ => self.0.list(listing, page).await,
        }
    }

    async fn revision(&self, id: MachineId, revision: u64) -> Result<Option<Revision>, Failure> {
        if self.1 != Breaks::Past {
            return self.0.revision(id, revision).await;
        }
        let newest = self.0.revisions(id, &PageRequest { limit: 1, after: None }).await?;
        Ok(newest.items.into_iter().next())
    }

    async fn revisions(&self, id: MachineId, page: &PageRequest) -> Result<Page<Revision>, Failure> {
        let after = page.after.clone().filter(|_| self.1 != Breaks::History);
        self.0.revisions(id, &PageRequest { after, ..page.clone() }).await
    }

    async fn create(&self, machine: &Machine, cause: &Cause) -> Result<(), Failure> {
        self.0.create(machine, self.cause(cause)).await
    }

    async fn replace(&self, before: &Machine, after: &Machine, cause: &Cause) -> Result<(), Failure> {
        loop {
            let present = self.0.find(before.id).await?;
            let Some(present) = present.filter(|_| self.1 == Breaks::Guard) else {
                return self.0.replace(before, after, self.cause(cause)).await;
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
    let (kept, refused) = ("every_revision_is_kept_with_who_made_it", "a_refused_change_leaves_no_revision");
    let acts = "an_admins_change_is_recorded_as_an_act_and_a_refused_one_never";
    let (two, many) = ("of_two_changes_of_one_revision_one_wins", "of_many_changes_at_once_one_is_the_next_revision");
    breaking(Breaks::Guard, &[two, many, announced, refused, acts]).await;
    let listed = "a_list_in_any_order_misses_and_repeats_nothing";
    breaking(Breaks::Cursor, &[listed, "a_cursor_holds_for_its_order_only"]).await;
    breaking(Breaks::Marker, &["an_import_happens_once_ever"]).await;
    let search = "a_search_finds_pieces_of_names_and_descriptions_in_any_case";
    breaking(Breaks::Filter, &["a_filter_leaves_out_what_does_not_fit", search]).await;
    breaking(Breaks::Past, &[kept]).await;
    breaking(Breaks::History, &[kept, "a_cursor_of_another_list_is_no_place_in_a_history"]).await;
    breaking(Breaks::Actor, &[kept, acts]).await;
}

#[tokio::test]
async fn machines_older_than_the_records_begin_theirs_with_what_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("m.db");
    let ambient = TestClock::default().ambient();
    let machine = crate::samples::machine(&ambient, "redis");
    let open = async || Database::open(&file, &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
    let database = open().await;
    let store = SqliteMachines::new(database.clone(), ambient.clone());
    store.create(&machine, &Cause::Platform).await.unwrap();
    // As a release before the records would have left it.
    let forget = database.write(|c| {
        Box::pin(async move {
            sql::query("DELETE FROM machine_revisions").execute(&mut *c).await.stored()?;
            sql::query("UPDATE machines SET search = ''").execute(&mut *c).await.stored()?;
            sql::query("DELETE FROM _sqlx_migrations WHERE version IN (104, 106)").execute(c).await.stored().map(drop)
        })
    });
    forget.await.unwrap();
    database.close().await;
    let store = SqliteMachines::new(open().await, ambient);
    let kept = store.revision(machine.id, 1).await.unwrap();
    assert_eq!(kept, Some(Revision { machine: machine.clone(), actor: None }));
    let search = Some(Search::parse("REDIS").unwrap());
    let listing = Listing { filter: Filter { search, ..Filter::default() }, ..Listing::default() };
    assert_eq!(store.list(&listing, &PageRequest { limit: 9, after: None }).await.unwrap().items, [machine]);
}
