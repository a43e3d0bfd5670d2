//! Which partitions are a member's own, and how far it is in them as long as the brokers do not know. A commit in the middle
//! of a rebalance is refused; where the partition stays with its member, nobody else would ever commit it again.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::Topic;

/// A partition of a topic.
pub type Place = (Topic, i32);

#[derive(Debug, Default)]
pub struct Places {
    owned: BTreeSet<Place>,
    /// The next offset to be read, of partitions that are this member's own.
    uncommitted: BTreeMap<Place, i64>,
}

impl Places {
    pub fn owns(&self, place: Place) -> bool {
        self.owned.contains(&place)
    }

    pub fn gain(&mut self, place: Place) {
        self.owned.insert(place);
    }

    /// From now on another member says how far it is.
    pub fn lose(&mut self, place: Place) {
        self.owned.remove(&place);
        self.uncommitted.remove(&place);
    }

    /// All before `next` took effect.
    pub fn done(&mut self, place: Place, next: i64) {
        if self.owns(place) {
            self.uncommitted.insert(place, next);
        }
    }

    /// The brokers know of all before `next`.
    pub fn committed(&mut self, place: Place, next: i64) {
        if self.uncommitted.get(&place).is_some_and(|done| *done <= next) {
            self.uncommitted.remove(&place);
        }
    }

    pub const fn uncommitted(&self) -> &BTreeMap<Place, i64> {
        &self.uncommitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = (Topic::User, 3);

    fn after(steps: impl FnOnce(&mut Places)) -> Vec<i64> {
        let mut places = Places::default();
        places.gain(PLACE);
        steps(&mut places);
        places.uncommitted().values().copied().collect()
    }

    #[test]
    fn an_offset_stays_until_the_brokers_know_of_it_or_of_a_later_one() {
        assert_eq!(after(|places| places.done(PLACE, 5)), [5]);
        let known = |places: &mut Places| {
            places.done(PLACE, 5);
            places.committed(PLACE, 5);
        };
        assert_eq!(after(known), Vec::<i64>::new());
        // The answer to an earlier commit, behind which more was done.
        let earlier = |places: &mut Places| {
            places.done(PLACE, 5);
            places.done(PLACE, 7);
            places.committed(PLACE, 5);
        };
        assert_eq!(after(earlier), [7]);
        assert_eq!(after(|places| places.committed(PLACE, 5)), Vec::<i64>::new());
    }

    #[test]
    fn what_another_member_reads_is_that_ones_to_commit() {
        let lost = |places: &mut Places| {
            places.done(PLACE, 5);
            places.lose(PLACE);
            places.done(PLACE, 6);
        };
        assert_eq!(after(lost), Vec::<i64>::new());
    }
}
