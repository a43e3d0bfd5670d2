//! Comments with their count, their pace and their acts. The comment, the count and the act change in one conditional batch
//! of the machine's partition; where to find the comment by its author is written before, and its place in the author's pace
//! is taken before.

use std::collections::BTreeSet;

use async_trait::async_trait;
use bus::audit;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kit::{Act, CommentId, Failure, Left, MachineId, Page, PageRequest, ServiceName, Timestamp, UserId};
use scylla::response::PagingState;
use uuid::Uuid;

use super::deadline::Deadline;
use super::failure::broken;
use super::link::Link;
use super::pace::Slot;
use super::people::Known;
use super::thread::{Answer, Change, Said};
use super::{CassandraFeed, PARALLEL, listing, people};
use crate::domain::{Comment, Draft, Pace};
use crate::ports::CommentStore;

/// `key`, `user_id`, `text`, `created_at`, `edited_at`.
pub type Columns = (Vec<u8>, Option<Uuid>, Option<String>, Option<i64>, Option<i64>);

#[async_trait]
impl CommentStore for CassandraFeed {
    async fn list(&self, machine: MachineId, page: &PageRequest) -> Result<Page<Comment>, Failure> {
        let work = async {
            let link = &*self.link;
            let (said, next) = listing::piece(link, machine, page).await?;
            Ok(Page { items: introduce(link, machine, said).await?, next })
        };
        self.deadline().keep(work).await
    }

    async fn find(&self, machine: MachineId, id: CommentId) -> Result<Option<Comment>, Failure> {
        let work = async {
            let link = &*self.link;
            let said = read(link, machine, &[id]).await?;
            Ok(introduce(link, machine, said).await?.pop())
        };
        self.deadline().keep(work).await
    }

    async fn create(&self, author: UserId, draft: &Draft, pace: Pace, act: &Act) -> Result<Comment, Failure> {
        let (link, until) = (&*self.link, self.deadline());
        let known = until.keep(present(link, author)).await?;
        let slot = Slot { comment: draft.id, at: draft.at, pace };
        // A slot that may have been taken goes by itself: of the comment nothing has happened.
        let admitted = self.pace.submit(author, slot, until).await;
        admitted.map_err(|failure| Failure { left: Left::Nothing, ..failure })?;
        let said = self.say(link, author, draft, act, until).await;
        if said.as_ref().is_err_and(|failure| failure.left == Left::Nothing) {
            // What did not happen does not count. Where this fails too, the slot goes by itself in time.
            let link = self.link.clone();
            tokio::spawn(async move { slot.give_back(&link, author).await });
        }
        Ok(comment(draft.machine, draft.id, said?, &known))
    }

    async fn edit(&self, author: UserId, draft: &Draft, act: &Act) -> Result<Option<Comment>, Failure> {
        let (link, until) = (&*self.link, self.deadline());
        let known = until.keep(present(link, author)).await?;
        let change = Change::Edit(author, draft.clone(), self.event(act));
        let answer = self.comments.submit(draft.machine, change, until).await?;
        let Answer::Is(said) = answer else { return Err(broken("an edit has a comment or none")) };
        Ok(said.map(|said| comment(draft.machine, draft.id, said, &known)))
    }

    async fn delete(&self, author: UserId, machine: MachineId, id: CommentId, act: &Act) -> Result<bool, Failure> {
        let (link, until) = (&*self.link, self.deadline());
        let change = Change::Remove(author, id, self.event(act));
        let removed = self.comments.submit(machine, change, until).await? == Answer::Removed(true);
        if removed {
            let forgotten = link.write(&link.statements.said_forget, (author.as_uuid(), id.as_uuid()));
            if let Err(failure) = until.keep(forgotten).await {
                tracing::debug!(comment.id = %id, %failure, "an entry of a comment that is removed stays");
            }
        }
        Ok(removed)
    }

    async fn of_user(&self, author: UserId, limit: u32) -> Result<Vec<Comment>, Failure> {
        let work = async {
            let link = &*self.link;
            let known = people::read(link, author).await?;
            let (mut comments, mut state) = (Vec::new(), Some(PagingState::start()));
            while let Some(at) = state.filter(|_| comments.len() < limit as usize) {
                let (entries, next) = link.page(&link.statements.said_list, (author.as_uuid(),), at).await?;
                comments.extend(look_up(link, entries, &known).await?);
                state = next;
            }
            comments.truncate(limit as usize);
            Ok(comments)
        };
        self.deadline().keep(work).await
    }
}

impl CassandraFeed {
    async fn say(
        &self,
        link: &Link,
        author: UserId,
        draft: &Draft,
        act: &Act,
        until: Deadline,
    ) -> Result<Said, Failure> {
        let entry = (author.as_uuid(), draft.id.as_uuid(), draft.machine.as_uuid());
        until.keep(link.write(&link.statements.said_note, entry)).await?;
        let change = Change::Create(author, draft.clone(), self.event(act));
        match self.comments.submit(draft.machine, change, until).await? {
            Answer::Is(Some(said)) => Ok(said),
            Answer::Is(None) | Answer::Removed(_) => Err(broken("a new comment is a comment")),
        }
    }

    fn event(&self, act: &Act) -> bus::Event {
        audit::event(&self.ambient, ServiceName::Feed, act)
    }
}

async fn present(link: &Link, author: UserId) -> Result<Known, Failure> {
    let known = people::read(link, author).await?;
    known.require_present()?;
    Ok(known)
}

/// Those of a machine's comments that are there.
pub async fn read(link: &Link, machine: MachineId, ids: &[CommentId]) -> Result<Vec<(CommentId, Said)>, Failure> {
    read_with(link, &link.statements.comments_read, machine, ids).await
}

pub async fn read_with(
    link: &Link,
    statement: &scylla::statement::prepared::PreparedStatement,
    machine: MachineId,
    ids: &[CommentId],
) -> Result<Vec<(CommentId, Said)>, Failure> {
    let keys: Vec<&[u8]> = ids.iter().map(CommentId::as_bytes).collect();
    let rows: Vec<Columns> = link.rows(statement, (machine.as_uuid(), keys)).await?;
    rows.into_iter().map(said).collect()
}

pub fn said((key, author, text, created_at, edited_at): Columns) -> Result<(CommentId, Said), Failure> {
    let id = CommentId::from_bytes(&key).ok_or_else(|| broken("the id of a comment"))?;
    let columns = author.zip(text).zip(created_at);
    let ((author, text), created_at) = columns.ok_or_else(|| broken(format!("comment {id} lacks a column")))?;
    let said = Said {
        author: UserId::from_uuid(author),
        text,
        created_at: Timestamp::from_micros(created_at),
        edited_at: edited_at.map(Timestamp::from_micros),
    };
    Ok((id, said))
}

/// The comments with their authors as known now; each author is looked up once.
async fn introduce(link: &Link, machine: MachineId, said: Vec<(CommentId, Said)>) -> Result<Vec<Comment>, Failure> {
    let authors: BTreeSet<UserId> = said.iter().map(|(_, said)| said.author).collect();
    let known = people::read_all(link, authors).await?;
    let unknown = Known::default();
    let introduced = said.into_iter().map(|(id, said)| {
        let known = known.get(&said.author).unwrap_or(&unknown);
        comment(machine, id, said, known)
    });
    Ok(introduced.collect())
}

fn comment(machine: MachineId, id: CommentId, said: Said, known: &Known) -> Comment {
    let Said { author, text, created_at, edited_at } = said;
    Comment { id, machine, author: known.author(author, machine), text, created_at, edited_at }
}

/// What entries of one author's comments lead to, in their order; those that lead to nothing are passed over.
async fn look_up(link: &Link, entries: Vec<(Uuid, Uuid)>, known: &Known) -> Result<Vec<Comment>, Failure> {
    let look = |(id, machine): (Uuid, Uuid)| async move {
        let machine = MachineId::from_uuid(machine);
        let found = read(link, machine, &[CommentId::from_uuid(id)]).await?;
        Ok(found.into_iter().map(|(id, said)| comment(machine, id, said, known)).next())
    };
    let found = stream::iter(entries).map(look).buffered(PARALLEL);
    found.try_filter_map(async |comment| Ok(comment)).try_collect().await
}
