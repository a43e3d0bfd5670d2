//! `/healthz` says that the process lives, `/readyz` whether it can do its work. Neither depends on a peer service.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

/// What a service needs for its work, each "well" or a sentence on what is wrong.
#[derive(Clone, Default)]
pub struct Readiness(Arc<Mutex<BTreeMap<String, Option<String>>>>);

/// The body of `/readyz`.
#[derive(Debug, Serialize)]
pub struct ReadinessReport {
    pub ready: bool,
    /// Each part with "ok" or what is wrong with it.
    pub parts: BTreeMap<String, String>,
}

impl Readiness {
    /// Makes a part known, not ready until it says so.
    pub fn expect(&self, part: &str) {
        self.set(part, Some("starting".to_owned()));
    }

    pub fn ok(&self, part: &str) {
        self.set(part, None);
    }

    pub fn not_ok(&self, part: &str, why: impl Into<String>) {
        self.set(part, Some(why.into()));
    }

    fn set(&self, part: &str, state: Option<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(part.to_owned(), state);
    }

    pub fn report(&self) -> ReadinessReport {
        let parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ReadinessReport {
            ready: parts.values().all(Option::is_none),
            parts: parts
                .iter()
                .map(|(part, state)| (part.clone(), state.clone().unwrap_or_else(|| "ok".to_owned())))
                .collect(),
        }
    }
}
