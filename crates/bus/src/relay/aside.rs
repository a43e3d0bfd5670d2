//! Subjects whose events could not be sent. They wait for a while; what stands behind them in the outbox does not.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use super::pass::BATCH;
use crate::event::Topic;
use crate::ports::{DELIVERY, Unsent};

/// When they are tried again: after as long as a try may take, so that half of the time is for what can be sent.
const AGAIN: Duration = DELIVERY;
/// How many subjects are tried again at a time, so that those do not fill a batch.
const TRIED: usize = 64;
/// How many rows of theirs are read past at most. Each look reads them anew, because a row that commits late may have
/// its place before them.
const PAST: usize = 16 * BATCH;

type Subject = (Topic, String);

fn subject(row: &Unsent) -> Subject {
    (row.event.topic, row.event.subject.clone())
}

/// What a relay has set aside.
#[derive(Default)]
pub struct Aside {
    /// When each is tried again.
    subjects: HashMap<Subject, Instant>,
    /// How many rows they had when they were last seen.
    rows: usize,
}

impl Aside {
    pub fn is_empty(&self) -> bool {
        self.subjects.is_empty()
    }

    /// How many rows have to be read for a batch of others.
    pub fn limit(&self) -> usize {
        BATCH + self.rows.min(PAST)
    }

    /// A batch of what was read: without the subjects that wait, each other one from its oldest row on.
    pub fn choose(&mut self, mut rows: Vec<Unsent>, now: Instant) -> Vec<Unsent> {
        if self.is_empty() {
            rows.truncate(BATCH);
            return rows;
        }
        let seen: HashSet<Subject> = rows.iter().map(subject).collect();
        // Sent by another relay meanwhile, or by hand taken away.
        self.subjects.retain(|subject, _| seen.contains(subject));
        let mut due: Vec<(&Subject, &Instant)> = self.subjects.iter().filter(|(_, again)| **again <= now).collect();
        due.sort_unstable_by_key(|(_, again)| **again);
        let tried: HashSet<&Subject> = due.into_iter().map(|(subject, _)| subject).take(TRIED).collect();
        let before = rows.len();
        rows.retain(|row| {
            let subject = subject(row);
            !self.subjects.contains_key(&subject) || tried.contains(&subject)
        });
        self.rows = before - rows.len();
        rows.truncate(BATCH);
        rows
    }

    /// What became of a batch. When one that waited could be sent, what kept it is over, and all are tried again.
    pub fn note(&mut self, batch: &[Unsent], sent: &[&Unsent], now: Instant) {
        if !self.is_empty() && sent.iter().any(|row| self.subjects.contains_key(&subject(row))) {
            self.subjects.clear();
            self.rows = 0;
        }
        let sent: HashSet<_> = sent.iter().map(|row| &row.key).collect();
        for row in batch.iter().filter(|row| !sent.contains(&row.key)) {
            self.subjects.insert(subject(row), now + AGAIN);
            self.rows += 1;
        }
        if self.is_empty() {
            self.rows = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::ports::Key;
    use kit::{Ambient, ServiceName};

    fn rows(subjects: impl IntoIterator<Item = String>) -> Vec<Unsent> {
        let ambient = Ambient::system();
        let row = |(at, subject): (usize, String)| {
            let (topic, source) = (Topic::User, ServiceName::User);
            let event = Event::new(&ambient, topic, source, "user.updated", subject, at as u64, &String::new());
            Unsent { key: Key(at.to_be_bytes().to_vec()), event }
        };
        subjects.into_iter().enumerate().map(row).collect()
    }

    fn subjects(rows: &[Unsent]) -> Vec<&str> {
        rows.iter().map(|row| row.event.subject.as_str()).collect()
    }

    #[test]
    fn what_stands_behind_a_full_batch_that_failed_comes_next() {
        let all = rows((0..BATCH).map(|at| format!("bad{at}")).chain(["good".to_owned(), "bad0".to_owned()]));
        let (mut aside, now) = (Aside::default(), Instant::now());
        let first = aside.choose(all[..aside.limit()].to_vec(), now);
        assert_eq!(first.len(), BATCH);
        aside.note(&first, &[], now);
        assert_eq!(aside.limit(), 2 * BATCH);
        assert_eq!(subjects(&aside.choose(all.clone(), now)), ["good"]);
        assert_eq!(aside.limit(), 2 * BATCH + 1);
        // Later some are tried again, and each from its oldest row on.
        let later = aside.choose(all.clone(), now + AGAIN);
        let tried: HashSet<&str> = subjects(&later).into_iter().collect();
        assert_eq!(tried.len(), TRIED + 1);
    }

    #[test]
    fn all_go_on_when_one_that_waited_was_sent() {
        let all = rows(["ada", "bob", "ada"].map(str::to_owned));
        let (mut aside, now) = (Aside::default(), Instant::now());
        aside.note(&all, &[], now);
        assert_eq!(subjects(&aside.choose(all.clone(), now)), Vec::<&str>::new());
        let again = aside.choose(all.clone(), now + AGAIN);
        assert_eq!(subjects(&again), ["ada", "bob", "ada"]);
        aside.note(&again, &[&again[1]], now + AGAIN);
        assert_eq!(subjects(&aside.choose(all[..1].to_vec(), now + AGAIN)), Vec::<&str>::new());
        assert_eq!(subjects(&aside.choose(all[..2].to_vec(), now + AGAIN)), ["bob"]);
        aside.choose(Vec::new(), now);
        assert!(aside.is_empty());
    }
}
