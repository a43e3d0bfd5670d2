//! One look at the outbox: read, send, take away.

use std::collections::HashSet;
use std::time::Instant;

use kit::Failure;

use super::Relay;
use super::aside::Aside;
use crate::event::{Event, Topic};
use crate::ports::Unsent;
use crate::shard::{Shard, shard_of};

/// How many rows are sent together at most.
pub const BATCH: usize = 512;

/// What a pass came to.
#[derive(Default)]
pub struct Pass {
    /// Whether there may be more rows right now.
    pub more: bool,
    /// Why some could not be sent.
    pub failure: Option<Failure>,
}

impl Relay {
    /// Sends up to a batch of what this relay holds and has not set aside. Fails when nothing could be sent.
    pub(super) async fn pass(&self, aside: &mut Aside) -> Result<Pass, Failure> {
        let shards: Vec<Shard> = self.tenure.borrow().sendable().into_iter().collect();
        if shards.is_empty() {
            return Ok(Pass::default());
        }
        let limit = aside.limit();
        let mut rows = self.outbox.unsent(&shards, limit).await?;
        let is_full = rows.len() >= limit;
        // The read took a while, and the leases may have ended meanwhile.
        let sendable = self.tenure.borrow().sendable();
        rows.retain(|row| sendable.contains(&shard_of(&row.event.subject)));
        let rows = aside.choose(rows, Instant::now());
        if rows.is_empty() {
            return Ok(Pass::default());
        }
        let events: Vec<&Event> = rows.iter().map(|row| &row.event).collect();
        let answers = self.producer.produce(&events).await;
        let (sent, failure) = sort(&rows, answers);
        aside.note(&rows, &sent, Instant::now());
        self.note_late(&sent);
        let keys: Vec<_> = sent.iter().map(|row| row.key.clone()).collect();
        if !keys.is_empty() {
            self.outbox.sent(&keys).await?;
        }
        self.count(&sent, rows.len() - sent.len());
        match failure {
            Some(failure) if sent.is_empty() => Err(failure),
            failure => Ok(Pass { more: is_full, failure }),
        }
    }

    /// Events that arrived when their shard was not this relay's any more: harmless to readers that keep revisions, but
    /// on a compacted topic an old state may now stand behind a newer one.
    fn note_late(&self, sent: &[&Unsent]) {
        let late = {
            let tenure = self.tenure.borrow();
            sent.iter().filter(|row| !tenure.covers(shard_of(&row.event.subject))).count()
        };
        if late > 0 {
            metrics::counter!("berth_outbox_late_total", "service" => self.service.as_str()).increment(late as u64);
            tracing::warn!(late, "events were sent after their lease had ended");
        }
    }

    fn count(&self, sent: &[&Unsent], failed: usize) {
        let service = self.service.as_str();
        for row in sent {
            let topic = row.event.topic.as_str();
            metrics::counter!("berth_outbox_sent_total", "service" => service, "topic" => topic).increment(1);
        }
        if failed > 0 {
            metrics::counter!("berth_outbox_failed_total", "service" => service).increment(failed as u64);
        }
    }
}

/// What may be taken away, and why the rest may not. A row that failed holds back the later ones of its subject, also those
/// that were acknowledged: sent again behind it, they are in order again.
fn sort(rows: &[Unsent], answers: Vec<Result<(), Failure>>) -> (Vec<&Unsent>, Option<Failure>) {
    let mut held: HashSet<(Topic, &str)> = HashSet::new();
    let mut failure = None;
    let mut sent = Vec::with_capacity(rows.len());
    for (row, answer) in rows.iter().zip(answers) {
        let subject = (row.event.topic, row.event.subject.as_str());
        match answer {
            Err(reason) => {
                held.insert(subject);
                failure.get_or_insert(reason);
            }
            Ok(()) if held.contains(&subject) => {}
            Ok(()) => sent.push(row),
        }
    }
    (sent, failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Key;
    use kit::{Ambient, ServiceName};

    fn rows(subjects: &[&str]) -> Vec<Unsent> {
        let row = |(at, subject): (usize, &&str)| {
            let event = Event::new(
                &Ambient::system(),
                Topic::User,
                ServiceName::User,
                "user.updated",
                subject,
                at as u64,
                &String::new(),
            );
            Unsent { key: Key(vec![at as u8]), event }
        };
        subjects.iter().enumerate().map(row).collect()
    }

    #[test]
    fn a_failed_row_holds_back_the_later_ones_of_its_subject_alone() {
        let rows = rows(&["ada", "bob", "ada", "ada", "bob"]);
        let answers = vec![Ok(()), Ok(()), Err(Failure::internal("first")), Ok(()), Err(Failure::internal("second"))];
        let (sent, failure) = sort(&rows, answers);
        assert_eq!(sent.iter().map(|row| row.key.0[0]).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(failure.and_then(|failure| failure.operator).as_deref(), Some("first"));
    }
}
