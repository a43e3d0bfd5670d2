//! Tells the log of a failure when it begins and when it is over, not each time that it is met.

use kit::Failure;

/// Whether something works, as last told.
pub struct Mood {
    who: &'static str,
    well: &'static str,
    ill: &'static str,
    failing: bool,
}

impl Mood {
    /// Whose it is, and two sentences: what is logged when it works again, and when it stops working.
    pub const fn new(who: &'static str, well: &'static str, ill: &'static str) -> Self {
        Self { who, well, ill, failing: false }
    }

    /// Takes an outcome in; gives what it brought.
    pub fn heard<T>(&mut self, outcome: Result<T, Failure>) -> Option<T> {
        let failing = outcome.is_err();
        let changed = std::mem::replace(&mut self.failing, failing) != failing;
        match outcome {
            Ok(value) => {
                if changed {
                    tracing::info!(who = self.who, "{}", self.well);
                }
                Some(value)
            }
            Err(failure) => {
                if changed {
                    tracing::warn!(who = self.who, %failure, "{}", self.ill);
                } else {
                    tracing::debug!(who = self.who, %failure, "{}", self.ill);
                }
                None
            }
        }
    }
}
