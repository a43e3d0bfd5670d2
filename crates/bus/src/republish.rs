//! Announcing what is there once more, as it is, so that a topic which was emptied, or never had it, tells a new reader all.
//! Revisions stay, so that whoever has what is told passes it over.

use async_trait::async_trait;
use kit::Failure;
use uuid::Uuid;

use crate::event::Topic;

/// How many are told in one transaction: other writers wait for it.
pub const AT_ONCE: u32 = 100;

/// Part of the way through all that a service owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub count: u32,
    /// The id of the last one, to go on behind; `None` where there was none.
    pub last: Option<Uuid>,
}

/// A service's store that can tell all again.
#[async_trait]
pub trait Republish: Send + Sync {
    /// Announces up to `AT_ONCE` of what is owned behind an id, in the order of ids, each in the transaction that reads it:
    /// behind all that was announced of it before, and before all that will be.
    async fn announce_again(&self, after: Option<Uuid>) -> Result<Told, Failure>;
}

/// What the announcement is called: a deletion is told as one, so that the topic still forgets it in its time.
pub fn kind(topic: Topic, ended: bool) -> &'static str {
    match (topic, topic.last_kind()) {
        (_, Some(last)) if ended => last,
        (Topic::User, _) => "user.snapshot",
        (Topic::Machine, _) => "machine.snapshot",
        _ => "allocation.snapshot",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_a_snapshot_and_what_is_gone_a_deletion() {
        let kinds =
            [Topic::User, Topic::Machine, Topic::Allocation].map(|topic| (kind(topic, false), kind(topic, true)));
        let expected = [
            ("user.snapshot", "user.deleted"),
            ("machine.snapshot", "machine.deleted"),
            ("allocation.snapshot", "allocation.removed"),
        ];
        assert_eq!(kinds, expected);
    }
}
