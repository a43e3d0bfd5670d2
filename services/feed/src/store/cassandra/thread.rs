//! What changes of comments come to, one after the other: the comments and their number as one conditional batch will leave
//! them, and the events that go with it.

use std::collections::{BTreeMap, BTreeSet};

use bus::Event;
use kit::{CommentId, Failure, Timestamp, UserId};

use super::change::Version;
use super::failure::away;
use crate::domain::Draft;

/// Something that is to happen to a machine's comments, with what is announced if it does.
#[derive(Clone, Debug)]
pub enum Change {
    Create(UserId, Draft, Event),
    Edit(UserId, Draft, Event),
    Remove(UserId, CommentId, Event),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The comment as it is now.
    Is(Option<Said>),
    /// Whether there was one.
    Removed(bool),
}

/// A comment as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub author: UserId,
    pub text: String,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
}

/// A machine's comments, as far as the changes touch them.
#[derive(Clone, Debug, Default)]
pub struct Thread {
    pub version: Version,
    pub comments: i64,
    pub said: BTreeMap<CommentId, Said>,
}

/// What was written before, with an unknown outcome.
#[derive(Clone, Debug, Default)]
pub struct Tried {
    pub version: Version,
    pub removing: BTreeSet<CommentId>,
}

impl Tried {
    /// Whether a comment that is not there at this version may have been written before.
    fn may_have_made(&self, id: CommentId, now: Version) -> bool {
        // Versions go up by one; the first is 1.
        let gone_by = now.unwrap_or(0) - self.version.unwrap_or(0);
        gone_by > 1 || (gone_by == 1 && self.removing.contains(&id))
    }
}

/// What is to be written.
pub struct Reckoned {
    pub thread: Thread,
    pub answers: Vec<Result<Answer, Failure>>,
    pub put: BTreeSet<CommentId>,
    pub removed: BTreeSet<CommentId>,
    /// In the order of the changes.
    pub events: Vec<Event>,
}

impl Change {
    pub const fn id(&self) -> CommentId {
        match self {
            Self::Create(_, draft, _) | Self::Edit(_, draft, _) => draft.id,
            Self::Remove(_, id, _) => *id,
        }
    }
}

impl Thread {
    pub fn reckon(self, changes: &[Change], tried: Option<Tried>) -> Reckoned {
        let mut reckoned = Reckoned {
            thread: self,
            answers: Vec::new(),
            put: BTreeSet::new(),
            removed: BTreeSet::new(),
            events: Vec::new(),
        };
        let mut tried = tried;
        for change in changes {
            let answer = match change {
                Change::Create(author, draft, event) => reckoned.create(*author, draft, event, tried.as_ref()),
                Change::Edit(author, draft, event) => Ok(reckoned.edit(*author, draft, event)),
                Change::Remove(author, id, event) => Ok(reckoned.remove(*author, *id, event, tried.as_mut())),
            };
            reckoned.answers.push(answer);
        }
        reckoned
    }
}

impl Reckoned {
    /// A comment that was tried and is not there was not written, or others removed it since. The version tells which: the
    /// one after what was tried is left either by the batch that was tried, with the comment, or by another in its place.
    fn create(
        &mut self,
        author: UserId,
        draft: &Draft,
        event: &Event,
        tried: Option<&Tried>,
    ) -> Result<Answer, Failure> {
        if let Some(said) = self.thread.said.get(&draft.id) {
            return Ok(Answer::Is(Some(said.clone())));
        }
        if tried.is_some_and(|tried| tried.may_have_made(draft.id, self.thread.version)) {
            return Err(away("whether a comment was written cannot be told any more").unknown());
        }
        self.thread.comments += 1;
        let text = draft.text.as_str().to_owned();
        Ok(self.put(draft.id, Said { author, text, created_at: draft.at, edited_at: None }, event))
    }

    fn edit(&mut self, author: UserId, draft: &Draft, event: &Event) -> Answer {
        let own = self.thread.said.get(&draft.id).filter(|said| said.author == author).cloned();
        match own {
            Some(said) if said.text != draft.text.as_str() => {
                let text = draft.text.as_str().to_owned();
                self.put(draft.id, Said { text, edited_at: Some(draft.at), ..said }, event)
            }
            same_or_none => Answer::Is(same_or_none),
        }
    }

    /// A comment that was being removed and is not there was removed by this.
    fn remove(&mut self, author: UserId, id: CommentId, event: &Event, tried: Option<&mut Tried>) -> Answer {
        match self.thread.said.get(&id) {
            Some(said) if said.author == author => {
                self.thread.said.remove(&id);
                self.thread.comments -= 1;
                self.put.remove(&id);
                self.removed.insert(id);
                self.events.push(event.clone());
                Answer::Removed(true)
            }
            Some(_) => Answer::Removed(false),
            None => Answer::Removed(tried.is_some_and(|tried| tried.removing.remove(&id))),
        }
    }

    fn put(&mut self, id: CommentId, said: Said, event: &Event) -> Answer {
        self.thread.said.insert(id, said.clone());
        self.put.insert(id);
        self.events.push(event.clone());
        Answer::Is(Some(said))
    }
}

#[cfg(test)]
mod tests {
    use bus::Topic;
    use kit::{Ambient, Left, MachineId, ServiceName};

    use super::*;
    use crate::domain::CommentText;

    struct Bench(Ambient, UserId);

    impl Bench {
        fn new() -> Self {
            let ambient = Ambient::system();
            let user = UserId::mint(&ambient);
            Self(ambient, user)
        }

        fn draft(&self, id: CommentId, text: &str) -> Draft {
            let text = CommentText::parse(text).unwrap();
            Draft { id, machine: MachineId::mint(&self.0), text, at: self.0.now() }
        }

        fn event(&self) -> Event {
            Event::new(&self.0, Topic::Audit(ServiceName::Feed), ServiceName::Feed, "k", "s", 1, &String::new())
        }

        fn create(&self, id: CommentId) -> Change {
            Change::Create(self.1, self.draft(id, "one"), self.event())
        }

        fn edit(&self, id: CommentId, text: &str) -> Change {
            Change::Edit(self.1, self.draft(id, text), self.event())
        }

        fn remove(&self, id: CommentId) -> Change {
            Change::Remove(self.1, id, self.event())
        }
    }

    #[test]
    fn changes_of_one_batch_follow_each_other_and_leave_one_row() {
        let bench = Bench::new();
        let id = CommentId::mint(&bench.0);
        let changes = [bench.create(id), bench.edit(id, "two"), bench.edit(id, "two"), bench.edit(id, "three")];
        let reckoned = Thread::default().reckon(&changes, None);
        assert_eq!((reckoned.thread.comments, reckoned.events.len(), reckoned.put.len()), (1, 3, 1));
        assert_eq!(reckoned.thread.said[&id].text, "three");
        let removed = reckoned.thread.reckon(&[bench.remove(id), bench.remove(id)], None);
        let answers: Vec<_> = removed.answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers, [Answer::Removed(true), Answer::Removed(false)]);
        assert_eq!((removed.thread.comments, removed.events.len(), removed.removed.len()), (0, 1, 1));
    }

    #[test]
    fn what_is_made_and_removed_in_one_batch_leaves_no_row() {
        let bench = Bench::new();
        let id = CommentId::mint(&bench.0);
        let reckoned = Thread::default().reckon(&[bench.create(id), bench.remove(id)], None);
        assert_eq!((reckoned.thread.comments, reckoned.put.len(), reckoned.events.len()), (0, 0, 2));
    }

    #[test]
    fn what_was_tried_and_is_there_is_done_and_not_announced_again() {
        let bench = Bench::new();
        let (id, gone) = (CommentId::mint(&bench.0), CommentId::mint(&bench.0));
        let before = Thread { version: Some(4), ..Thread::default() };
        let mut after = before.reckon(&[bench.create(id)], None).thread;
        after.version = Some(5);
        let tried = Tried { version: Some(4), removing: BTreeSet::from([gone]) };
        let changes = [bench.create(id), bench.edit(id, "one"), bench.remove(gone), bench.remove(gone)];
        let reckoned = after.reckon(&changes, Some(tried));
        assert!(reckoned.events.is_empty() && reckoned.put.is_empty());
        let removed: Vec<_> = reckoned.answers[2..].iter().map(|answer| answer.clone().unwrap()).collect();
        assert_eq!(removed, [Answer::Removed(true), Answer::Removed(false)]);
    }

    #[test]
    fn a_comment_that_somebody_may_have_removed_since_is_not_written_again() {
        let bench = Bench::new();
        let id = CommentId::mint(&bench.0);
        let change = bench.create(id);
        let reckon = |before: Version, version, removing: &[CommentId]| {
            let thread = Thread { version, ..Thread::default() };
            let tried = Tried { version: before, removing: removing.iter().copied().collect() };
            thread.reckon(std::slice::from_ref(&change), Some(tried)).answers.remove(0)
        };
        for before in [None, Some(4)] {
            let after = |batches: i64| Some(before.unwrap_or(0) + batches);
            assert!(reckon(before, before, &[]).is_ok() && reckon(before, before, &[id]).is_ok());
            assert!(reckon(before, after(1), &[]).is_ok(), "another batch was first");
            assert_eq!(reckon(before, after(1), &[id]).unwrap_err().left, Left::Unknown, "removed by its own batch");
            assert_eq!(reckon(before, after(2), &[]).unwrap_err().left, Left::Unknown);
        }
    }
}
