//! How often an owner is asked about the same no: a caller who is refused again and again must not become its load.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kit::Timestamp;

/// Past this many subjects those whose time is over are forgotten.
const MANY: usize = 4096;

/// When the owner was asked, and whether it said yes where the copy says no.
#[derive(Clone, Copy)]
struct Asked {
    at: Timestamp,
    said_yes: bool,
}

#[derive(Default)]
pub struct Confirmations(Mutex<HashMap<String, Asked>>);

impl Confirmations {
    /// Whether the owner may be asked about a subject now; if so, that counts as asked.
    pub fn may_ask(&self, subject: String, now: Timestamp, pause: Duration) -> bool {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.get(&subject).is_some_and(|asked| now.since(asked.at) < pause) {
            return false;
        }
        if asked.len() >= MANY {
            asked.retain(|_, asked| now.since(asked.at) < pause);
        }
        asked.insert(subject, Asked { at: now, said_yes: false });
        true
    }

    /// What the owner said.
    pub fn learnt(&self, subject: &str, said_yes: bool) {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(asked) = asked.get_mut(subject) {
            asked.said_yes = said_yes;
        }
    }

    /// Whether the owner said yes when it was asked last, so that the copy is known to be behind.
    pub fn said_yes(&self, subject: &str) -> bool {
        let asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.get(subject).is_some_and(|asked| asked.said_yes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subject_is_asked_about_once_a_pause() {
        let (confirmations, pause) = (Confirmations::default(), Duration::from_secs(1));
        let may = |subject: &str, millis: i64| {
            confirmations.may_ask(subject.to_owned(), Timestamp::from_micros(millis * 1000), pause)
        };
        assert!(may("a", 0) && may("b", 0));
        assert!(!may("a", 999));
        assert!(may("a", 1000));
    }

    #[test]
    fn what_the_owner_said_is_known_until_it_is_asked_again() {
        let (confirmations, pause) = (Confirmations::default(), Duration::from_secs(1));
        let may = |millis: i64| confirmations.may_ask("a".to_owned(), Timestamp::from_micros(millis * 1000), pause);
        assert!(may(0) && !confirmations.said_yes("a"));
        confirmations.learnt("a", true);
        assert!(!may(500) && confirmations.said_yes("a") && !confirmations.said_yes("b"));
        assert!(may(1000) && !confirmations.said_yes("a"));
    }

    #[test]
    fn subjects_whose_time_is_over_are_forgotten() {
        let (confirmations, pause) = (Confirmations::default(), Duration::from_secs(1));
        for n in 0..=MANY as i64 {
            assert!(confirmations.may_ask(n.to_string(), Timestamp::from_micros(n * 1_000_000), pause));
        }
        assert!(confirmations.0.lock().unwrap().len() < MANY);
    }
}
