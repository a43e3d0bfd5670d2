//! An audit list without rules, to prove that the cases of its suite can fail.

use std::sync::Arc;

use async_trait::async_trait;
use bus::Topic;
use kit::{EventId, Failure, Page, PageRequest, TenantId, Timestamp, UserId};
use testkit::contract::fails;

use super::World;
use super::tests::world;
use crate::domain::{ActFilter, AuditEntry, AuditFilter};
use crate::ports::{AuditArchive, AuditBatch, AuditLog};

/// What is wrong with a list that is otherwise right.
#[derive(Clone, Copy)]
enum Wrong {
    /// Shows everybody everything, and finds what it was not asked for.
    Open,
    /// Keeps each telling under an id of its own.
    Doubling,
    /// Shows the oldest first.
    Backward,
    /// Forgets how far it came, and all that it ever knew.
    Forgetful,
}

struct WrongAudit(Wrong, World);

#[async_trait]
impl AuditLog for WrongAudit {
    async fn of_user(
        &self,
        user: UserId,
        tenant: TenantId,
        filter: &ActFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, Failure> {
        match self.0 {
            Wrong::Open => self.1.archive.list(&AuditFilter::default(), page).await,
            _ => self.1.audit.of_user(user, tenant, filter, page).await,
        }
    }
}

#[async_trait]
impl AuditArchive for WrongAudit {
    async fn position(&self, consumer: &str, topic: Topic) -> Result<u64, Failure> {
        match self.0 {
            Wrong::Forgetful => Ok(0),
            _ => self.1.archive.position(consumer, topic).await,
        }
    }

    async fn take(&self, consumer: &'static str, mut batch: AuditBatch) -> Result<(), Failure> {
        if matches!(self.0, Wrong::Doubling) {
            batch.entries.iter_mut().for_each(|entry| entry.id = EventId::mint(&self.1.ambient));
        }
        self.1.archive.take(consumer, batch).await
    }

    async fn list(&self, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditEntry>, Failure> {
        let open = AuditFilter::default();
        let filter = if matches!(self.0, Wrong::Open) { &open } else { filter };
        let mut found = self.1.archive.list(filter, page).await?;
        if matches!(self.0, Wrong::Backward) {
            found.items.reverse();
        }
        Ok(found)
    }

    async fn forget(&self, before: Timestamp) -> Result<u64, Failure> {
        let before = if matches!(self.0, Wrong::Forgetful) { self.1.ambient.now() } else { before };
        self.1.archive.forget(before).await
    }
}

async fn with(wrong: Wrong) -> World {
    let world = world().await;
    let audit = Arc::new(WrongAudit(wrong, world.clone()));
    World { audit: audit.clone(), archive: audit, ..world }
}

#[tokio::test]
async fn a_list_that_shows_everything_to_everybody_fails() {
    let expected = ["each_filter_narrows_the_list", "a_user_sees_what_concerns_them_and_nobody_elses"];
    fails(super::audit_list(), || with(Wrong::Open), &expected).await;
}

#[tokio::test]
async fn a_list_that_takes_a_repeat_for_an_act_fails() {
    let expected = [
        "an_act_is_listed_as_it_was_told",
        "what_is_told_again_changes_nothing",
        "the_newest_comes_first_page_by_page",
        "each_filter_narrows_the_list",
        "a_user_sees_what_concerns_them_and_nobody_elses",
        "only_what_is_old_is_forgotten",
    ];
    fails(super::audit_list(), || with(Wrong::Doubling), &expected).await;
}

#[tokio::test]
async fn a_list_that_begins_with_the_oldest_fails() {
    let expected = ["the_newest_comes_first_page_by_page", "each_filter_narrows_the_list"];
    fails(super::audit_list(), || with(Wrong::Backward), &expected).await;
}

#[tokio::test]
async fn a_list_that_forgets_fails() {
    let expected = ["a_position_is_kept_with_its_batch", "only_what_is_old_is_forgotten"];
    fails(super::audit_list(), || with(Wrong::Forgetful), &expected).await;
}
