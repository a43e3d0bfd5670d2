//! Which changes are news. An allocation's owner is told that it runs once it runs for the first time, or again after it
//! had failed; not at every restart that they ask for, and not when a crash is recovered from by itself.

use kit::AllocationId;

use super::delivery::Told;
use super::kind::{EventType, Kind};

/// Something that happened and that somebody may want to hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    pub told: Told,
    /// What a person is told.
    pub kind: Option<Kind>,
    /// What programs are told.
    pub event: Option<EventType>,
}

impl Occurrence {
    /// The same, and that the address is confirmed now, where that is so and the person hears nothing else.
    #[must_use]
    pub fn with_proof(self, proven: bool) -> Self {
        Self { kind: self.kind.or_else(|| proven.then_some(Kind::Verified)), ..self }
    }
}

/// A change of an allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllocationNews {
    pub id: AllocationId,
    pub revision: u64,
    /// The state after the change.
    pub state: String,
    /// Whether it was in another state before.
    pub moved: bool,
    pub told: Told,
}

/// What was seen of an allocation so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub revision: u64,
    /// The next `running` is worth a message.
    pub awaited: bool,
    pub removed: bool,
}

impl Seen {
    /// What is remembered after a change, and what is told of it; `None` where it is not newer than what was seen.
    pub fn after(before: Option<Self>, news: &AllocationNews) -> Option<(Self, Option<Occurrence>)> {
        if before.is_some_and(|seen| news.revision <= seen.revision) {
            return None;
        }
        let awaited = before.is_none_or(|seen| seen.awaited);
        let kind = match news.state.as_str() {
            "running" if awaited => Some(Kind::AllocationRunning),
            "failed" => Some(Kind::AllocationFailed),
            "removed" => Some(Kind::AllocationRemoved),
            _ => None,
        };
        let seen = Self {
            revision: news.revision,
            awaited: news.state == "failed" || (awaited && news.state != "running"),
            removed: news.state == "removed",
        };
        let event = EventType::parse(&format!("allocation.{}", news.state));
        let told = news.moved && (kind.is_some() || event.is_some());
        Some((seen, told.then(|| Occurrence { told: news.told.clone(), kind, event })))
    }
}

#[cfg(test)]
mod tests {
    use kit::{Ambient, EventId, UserId};

    use super::super::facts::Facts;
    use super::*;

    fn news(revision: u64, state: &str) -> AllocationNews {
        let ambient = Ambient::system();
        let told = Told {
            cause: EventId::mint(&ambient),
            user: UserId::mint(&ambient),
            at: ambient.now(),
            facts: Facts::default(),
        };
        AllocationNews { id: AllocationId::mint(&ambient), revision, state: state.into(), moved: true, told }
    }

    fn told(states: &[&str]) -> Vec<Option<Kind>> {
        let mut seen = None;
        let mut kinds = Vec::new();
        for (at, state) in states.iter().enumerate() {
            let (after, occurrence) = Seen::after(seen, &news(at as u64 + 1, state)).unwrap();
            seen = Some(after);
            kinds.push(occurrence.and_then(|occurrence| occurrence.kind));
        }
        kinds
    }

    #[test]
    fn running_is_news_once_and_again_after_a_failure() {
        use Kind::{AllocationFailed as Failed, AllocationRunning as Running};
        let states = ["requested", "starting", "running", "stopping", "stopped", "starting", "running"];
        assert_eq!(told(&states), [None, None, Some(Running), None, None, None, None]);
        let states = ["requested", "failed", "placing", "running", "failed", "starting", "running"];
        assert_eq!(told(&states), [None, Some(Failed), None, Some(Running), Some(Failed), None, Some(Running)]);
    }

    #[test]
    fn a_removal_is_news() {
        assert_eq!(told(&["running", "removing", "removed"])[2], Some(Kind::AllocationRemoved));
    }

    #[test]
    fn what_is_not_newer_is_nothing_and_a_renaming_is_no_news() {
        let seen = Some(Seen { revision: 5, awaited: true, removed: false });
        assert_eq!(Seen::after(seen, &news(5, "running")), None);
        let renamed = AllocationNews { moved: false, ..news(6, "running") };
        let (after, occurrence) = Seen::after(seen, &renamed).unwrap();
        assert_eq!((after.revision, occurrence), (6, None));
    }

    #[test]
    fn programs_hear_of_every_start() {
        let seen = Some(Seen { revision: 5, awaited: false, removed: false });
        let (_, occurrence) = Seen::after(seen, &news(6, "running")).unwrap();
        let occurrence = occurrence.unwrap();
        assert_eq!((occurrence.kind, occurrence.event), (None, Some(EventType::AllocationRunning)));
    }
}
