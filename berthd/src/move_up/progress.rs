//! What a move has to remember: where it goes, so that it is not continued to somewhere else, and whose topics are filled. How
//! far tables are, the targets themselves tell.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
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
    /// Since when the servers are the platform's.
    pub moved_at: Option<Timestamp>,
}

impl Progress {
    pub fn read(text: &str) -> anyhow::Result<Self> {
        serde_json::from_str(text).context("the progress of the move cannot be read")
    }

    /// Of the move that was begun or made from a directory.
    pub fn of(directory: &Path) -> anyhow::Result<Option<Self>> {
        let text = Mark::Moved.read(directory)?.map_or_else(|| Mark::Moving.read(directory), |text| Ok(Some(text)))?;
        text.as_deref().map(Self::read).transpose()
    }

    /// A move that was begun goes on, and is given up, where it went and nowhere else.
    pub fn require(&self, places: &BTreeMap<String, String>) -> anyhow::Result<()> {
        let other = self.to.iter().find(|(service, place)| places.get(*service) != Some(place));
        match other {
            Some((service, place)) => bail!(
                "the move that was begun at {} goes to other servers: {service} to {place}; name that configuration",
                self.begun_at
            ),
            None => Ok(()),
        }
    }

    /// Makes the move's end known, with all that it knew.
    pub fn end(mut self, directory: &Path, at: Timestamp) -> anyhow::Result<()> {
        self.moved_at = Some(at);
        Mark::Moved.set(directory, &serde_json::to_string_pretty(&self)?)?;
        Mark::Moving.clear(directory)
    }

    pub fn save(&self, directory: &Path) -> anyhow::Result<()> {
        Mark::Moving.set(directory, &serde_json::to_string_pretty(self)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_is_known_after_its_end_and_goes_nowhere_else() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Progress::of(directory.path()).unwrap(), None);
        let places = |place: &str| BTreeMap::from([("user".to_owned(), place.to_owned())]);
        let progress = Progress {
            begun_at: Timestamp::EPOCH,
            to: places("mysql://a/b"),
            told: vec!["user".into()],
            moved_at: None,
        };
        progress.save(directory.path()).unwrap();
        assert_eq!(Progress::of(directory.path()).unwrap().as_ref(), Some(&progress));
        progress.require(&places("mysql://a/b")).unwrap();
        for other in [places("mysql://a/c"), BTreeMap::new()] {
            let refused = progress.require(&other).unwrap_err().to_string();
            assert!(refused.contains("user to mysql://a/b"), "{refused}");
        }
        progress.clone().end(directory.path(), Timestamp::EPOCH).unwrap();
        assert!(!Mark::Moving.is_set(directory.path()));
        let ended = Progress::of(directory.path()).unwrap().unwrap();
        assert_eq!(ended, Progress { moved_at: Some(Timestamp::EPOCH), ..progress });
    }
}
