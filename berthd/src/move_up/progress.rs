//! What a move has to remember: where it goes, so that it is not continued to somewhere else, and whose topics are filled. How
//! far tables are, the targets themselves tell.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use kit::Timestamp;
use serde::{Deserialize, Serialize};

use crate::marks::Mark;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub begun_at: Timestamp,
    /// Each service's database, without passwords.
    pub to: BTreeMap<String, String>,
    /// Who has announced everything already.
    pub told: Vec<String>,
}

impl Progress {
    pub fn read(text: &str) -> anyhow::Result<Self> {
        serde_json::from_str(text).context("the progress of the move cannot be read")
    }

    pub fn save(&self, directory: &Path) -> anyhow::Result<()> {
        Mark::Moving.set(directory, &serde_json::to_string_pretty(self)?)
    }
}
