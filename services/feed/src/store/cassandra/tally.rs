//! What changes of likes come to, one after the other: counts and stances as one conditional batch will leave them.

use std::collections::{BTreeMap, BTreeSet};

use kit::{ErrorCode, Timestamp, UserId};

use super::change::Version;
use crate::domain::{Stance, Standing};

/// Something that is to happen to a machine's likes.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    Set(UserId, Option<Stance>, Timestamp),
    /// Of a user who is gone. It writes also where there is nothing to take back: a like that was let in just before they
    /// went asks for the version that it read, and must not find it.
    TakeBack(UserId),
}

/// A machine's likes, as far as the changes touch them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub version: Version,
    pub likes: i64,
    pub dislikes: i64,
    pub stances: BTreeMap<UserId, Stance>,
}

/// What is to be written.
#[derive(Debug, PartialEq, Eq)]
pub struct Reckoned {
    pub tally: Tally,
    pub answers: Vec<Result<Standing, ErrorCode>>,
    /// Whose rows change, and since when they have been so.
    pub touched: BTreeMap<UserId, Timestamp>,
    pub writes: bool,
}

impl Change {
    pub const fn user(&self) -> UserId {
        match self {
            Self::Set(user, ..) | Self::TakeBack(user) => *user,
        }
    }
}

impl Tally {
    /// `gone` are those of the users who are deleted: what they want is refused with `SessionClosed`.
    pub fn reckon(self, changes: &[Change], gone: &BTreeSet<UserId>) -> Reckoned {
        let mut reckoned = Reckoned { tally: self, answers: Vec::new(), touched: BTreeMap::new(), writes: false };
        for change in changes {
            let answer = reckoned.take(*change, gone);
            reckoned.answers.push(answer);
        }
        reckoned
    }

    fn standing(&self, user: UserId) -> Standing {
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        Standing { likes: count(self.likes), dislikes: count(self.dislikes), mine: self.stances.get(&user).copied() }
    }
}

impl Reckoned {
    fn take(&mut self, change: Change, gone: &BTreeSet<UserId>) -> Result<Standing, ErrorCode> {
        match change {
            Change::Set(user, ..) if gone.contains(&user) => return Err(ErrorCode::SessionClosed),
            Change::Set(user, stance, at) => self.put(user, stance, at),
            Change::TakeBack(user) => {
                self.put(user, None, Timestamp::EPOCH);
                self.writes = true;
            }
        }
        Ok(self.tally.standing(change.user()))
    }

    fn put(&mut self, user: UserId, stance: Option<Stance>, at: Timestamp) {
        let before = self.tally.stances.get(&user).copied();
        if before == stance {
            return;
        }
        let (likes, dislikes) = Stance::moves(before, stance);
        self.tally.likes += likes;
        self.tally.dislikes += dislikes;
        match stance {
            Some(stance) => self.tally.stances.insert(user, stance),
            None => self.tally.stances.remove(&user),
        };
        self.touched.insert(user, at);
        self.writes = true;
    }
}

#[cfg(test)]
mod tests {
    use kit::Ambient;

    use super::*;

    fn reckon(changes: &[Change], gone: &[UserId]) -> Reckoned {
        Tally::default().reckon(changes, &gone.iter().copied().collect())
    }

    #[test]
    fn each_change_is_answered_with_what_stands_after_it() {
        let ambient = Ambient::system();
        let (ada, bob, at) = (UserId::mint(&ambient), UserId::mint(&ambient), ambient.now());
        let like = |user| Change::Set(user, Some(Stance::Like), at);
        let reckoned = reckon(&[like(ada), like(bob), Change::Set(ada, Some(Stance::Dislike), at), like(bob)], &[]);
        let standing = |likes, dislikes, mine| Ok(Standing { likes, dislikes, mine: Some(mine) });
        let expected = [
            standing(1, 0, Stance::Like),
            standing(2, 0, Stance::Like),
            standing(1, 1, Stance::Dislike),
            standing(1, 1, Stance::Like),
        ];
        assert_eq!(reckoned.answers, expected);
        assert_eq!((reckoned.tally.likes, reckoned.tally.dislikes, reckoned.touched.len()), (1, 1, 2));
    }

    #[test]
    fn what_changes_nothing_writes_nothing_but_for_who_is_gone() {
        let ambient = Ambient::system();
        let (ada, at) = (UserId::mint(&ambient), ambient.now());
        assert!(!reckon(&[Change::Set(ada, None, at)], &[]).writes);
        let refused = reckon(&[Change::Set(ada, Some(Stance::Like), at)], &[ada]);
        assert_eq!((refused.answers, refused.writes), (vec![Err(ErrorCode::SessionClosed)], false));
        let taken_back = reckon(&[Change::TakeBack(ada)], &[ada]);
        assert!(taken_back.writes && taken_back.touched.is_empty());
    }
}
