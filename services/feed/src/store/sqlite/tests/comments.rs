//! Stores that break one rule of comments each.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kit::{Act, CommentId, Failure, MachineId, Page, PageRequest, UserId};
use testkit::contract;

use super::super::SqliteFeed;
use super::world;
use crate::contract::comments::comments;
use crate::domain::{Comment, Draft, Pace};
use crate::ports::CommentStore;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    /// Gives each piece upside down.
    Order,
    /// Begins every piece at the top.
    Cursor,
    /// Changes what anybody wrote.
    Author,
    /// Finds a comment under every machine.
    Machine,
    /// Lets everything through.
    Pace,
    /// Forgets the pace with the comment.
    RemovedPace,
    /// Edits without a change.
    Same,
    /// Announces removals only.
    Acts,
    /// Tells of everybody's comments about the machines that the user spoke of.
    Owner,
    /// Tells all that there is, however much that is.
    Limit,
}

struct Broken(Arc<SqliteFeed>, Breaks);

impl Broken {
    async fn run(&self, statement: &'static str, id: CommentId) {
        let work = self.0.database.write(move |c| {
            Box::pin(async move {
                let done = sql::query(statement).bind(id.as_bytes()).execute(c).await;
                done.map(drop).map_err(Failure::internal)
            })
        });
        work.await.unwrap();
    }

    /// Who wrote a comment about what, whoever asks under whatever machine.
    async fn whose(&self, id: CommentId) -> Option<(UserId, MachineId)> {
        let row: Option<(Vec<u8>, Vec<u8>)> = sql::query_as("SELECT user_id, machine_id FROM comments WHERE id = ?")
            .bind(id.as_bytes())
            .fetch_optional(self.0.database.readers())
            .await
            .unwrap();
        row.map(|(user, machine)| (UserId::from_bytes(&user).unwrap(), MachineId::from_bytes(&machine).unwrap()))
    }

    /// Author and machine as this store takes them.
    async fn taken(&self, author: UserId, machine: MachineId, id: CommentId) -> (UserId, MachineId) {
        let real = self.whose(id).await.unwrap_or((author, machine));
        match self.1 {
            Breaks::Author => (real.0, machine),
            Breaks::Machine => (author, real.1),
            _ => (author, machine),
        }
    }
}

#[async_trait]
impl CommentStore for Broken {
    async fn list(&self, machine: MachineId, page: &PageRequest) -> Result<Page<Comment>, Failure> {
        let after = page.after.clone().filter(|_| self.1 != Breaks::Cursor);
        let mut piece = self.0.list(machine, &PageRequest { after, ..page.clone() }).await?;
        if self.1 == Breaks::Order {
            piece.items.reverse();
        }
        Ok(piece)
    }

    async fn find(&self, machine: MachineId, id: CommentId) -> Result<Option<Comment>, Failure> {
        let machine = match self.1 {
            Breaks::Machine => self.whose(id).await.map_or(machine, |(_, machine)| machine),
            _ => machine,
        };
        self.0.find(machine, id).await
    }

    async fn create(&self, author: UserId, draft: &Draft, pace: Pace, act: &Act) -> Result<Comment, Failure> {
        let pace = if self.1 == Breaks::Pace { Pace { most: u32::MAX, within: Duration::ZERO } } else { pace };
        let comment = self.0.create(author, draft, pace, act).await?;
        if self.1 == Breaks::Acts {
            self.run("DELETE FROM outbox WHERE ? IS NOT NULL", draft.id).await;
        }
        Ok(comment)
    }

    async fn edit(&self, author: UserId, draft: &Draft, act: &Act) -> Result<Option<Comment>, Failure> {
        let found = self.0.find(draft.machine, draft.id).await?;
        if self.1 == Breaks::Same && found.is_some_and(|comment| comment.author.user == author) {
            self.run("UPDATE comments SET text = '' WHERE id = ?", draft.id).await;
        }
        let (author, machine) = self.taken(author, draft.machine, draft.id).await;
        let edited = self.0.edit(author, &Draft { machine, ..draft.clone() }, act).await?;
        if self.1 == Breaks::Acts {
            self.run("DELETE FROM outbox WHERE ? IS NOT NULL", draft.id).await;
        }
        Ok(edited)
    }

    async fn delete(&self, author: UserId, machine: MachineId, id: CommentId, act: &Act) -> Result<bool, Failure> {
        let (author, machine) = self.taken(author, machine, id).await;
        if self.1 == Breaks::RemovedPace {
            self.run("DELETE FROM comment_pace WHERE comment_id = ?", id).await;
        }
        self.0.delete(author, machine, id, act).await
    }

    async fn of_user(&self, author: UserId, limit: u32) -> Result<Vec<Comment>, Failure> {
        let limit = if self.1 == Breaks::Limit { u32::MAX } else { limit };
        let own = self.0.of_user(author, limit).await?;
        if self.1 != Breaks::Owner {
            return Ok(own);
        }
        let mut all = Vec::new();
        for machine in own.iter().map(|comment| comment.machine) {
            all.extend(self.0.list(machine, &PageRequest { limit: 100, after: None }).await?.items);
        }
        Ok(all)
    }
}

async fn breaking(breaks: Breaks, cases: &[&str]) {
    let fresh = || world(move |world, store| world.comments = Arc::new(Broken(store, breaks)));
    contract::fails(comments(), fresh, cases).await;
}

#[tokio::test]
async fn a_wrong_list_of_comments_fails_the_cases_that_are_about_its_fault() {
    let order = "the_newest_comes_first_in_every_piece";
    let shift = "a_list_read_in_pieces_does_not_shift_under_those_who_write";
    breaking(Breaks::Order, &[order, shift, "an_edit_keeps_its_place_and_tells_when"]).await;
    breaking(Breaks::Cursor, &[order, shift, "a_cursor_that_no_list_gave_is_refused"]).await;
    let newest = "of_more_than_is_asked_for_the_newest_are_told";
    breaking(Breaks::Owner, &["all_that_one_user_wrote_is_told_and_nothing_else", newest]).await;
    breaking(Breaks::Limit, &[newest]).await;
}

#[tokio::test]
async fn a_wrong_change_of_comments_fails_the_cases_that_are_about_its_fault() {
    let acts = "each_change_has_its_act_and_a_refusal_has_none";
    breaking(Breaks::Author, &["nobody_edits_or_removes_in_anothers_name", acts]).await;
    breaking(Breaks::Machine, &["a_comment_belongs_to_one_machine"]).await;
    let pace = "the_pace_holds_for_each_user_removed_comments_included";
    breaking(Breaks::Pace, &[pace, "of_fifty_at_once_the_pace_lets_ten_through", acts]).await;
    breaking(Breaks::RemovedPace, &[pace, acts]).await;
    breaking(Breaks::Same, &["the_same_text_again_changes_nothing", acts]).await;
    breaking(Breaks::Acts, &[acts]).await;
}
