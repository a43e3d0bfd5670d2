//! What a data directory is in the middle of: a small file a mark. While there is one, `berthd up` does not serve from it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Files of a backup are being put in place; holds which backup it is and where the old ones go.
    Restoring,
    /// Its data is being copied to servers.
    Moving,
    /// Its data is on servers now, and changes there.
    Moved,
}

impl Mark {
    const ALL: [Self; 3] = [Self::Restoring, Self::Moving, Self::Moved];

    const fn name(self) -> &'static str {
        match self {
            Self::Restoring => "restoring",
            Self::Moving => "move.progress",
            Self::Moved => "moved",
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::Restoring => "a restore was interrupted here: run the same `berthd restore` again",
            Self::Moving => {
                "a move to servers was begun here: `berthd move` goes on with it, `berthd move --undo` gives it up"
            }
            Self::Moved => {
                "its data was moved to servers, where the services keep it now (`berthd serve`): see docs/moving.md; \
                 where none of them has run yet, `berthd move --undo` makes this directory the platform's again"
            }
        }
    }

    pub fn file(self, directory: &Path) -> PathBuf {
        directory.join(self.name())
    }

    pub fn is_set(self, directory: &Path) -> bool {
        self.file(directory).exists()
    }

    /// Sets it with what it holds: the whole text or the one before, also after a power cut.
    pub fn set(self, directory: &Path, text: &str) -> anyhow::Result<()> {
        let (file, part) = (self.file(directory), directory.join(format!("{}.part", self.name())));
        fs::write(&part, text).with_context(|| format!("cannot write {}", part.display()))?;
        File::open(&part)?.sync_all()?;
        fs::rename(&part, &file).with_context(|| format!("cannot write {}", file.display()))?;
        sync(directory)
    }

    /// What it holds; `None` where it is not set.
    pub fn read(self, directory: &Path) -> anyhow::Result<Option<String>> {
        match fs::read_to_string(self.file(directory)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", self.file(directory).display())),
        }
    }

    pub fn clear(self, directory: &Path) -> anyhow::Result<()> {
        match fs::remove_file(self.file(directory)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => sync(directory),
        }
    }
}

/// Refuses a directory that is marked, and says what to do.
pub fn require_none(directory: &Path) -> anyhow::Result<()> {
    match Mark::ALL.into_iter().find(|mark| mark.is_set(directory)) {
        Some(mark) => bail!("{}: {}", directory.display(), mark.sentence()),
        None => Ok(()),
    }
}

/// Names in a directory are on the disk after this.
pub fn sync(directory: &Path) -> anyhow::Result<()> {
    File::open(directory)?.sync_all().with_context(|| format!("{} could not be synced", directory.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_directory_is_refused_until_the_mark_is_gone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        require_none(path).unwrap();
        for mark in Mark::ALL {
            mark.set(path, "text").unwrap();
            assert_eq!(mark.read(path).unwrap().as_deref(), Some("text"));
            assert!(require_none(path).unwrap_err().to_string().contains(mark.sentence()));
            mark.clear(path).unwrap();
            mark.clear(path).unwrap();
            assert_eq!(mark.read(path).unwrap(), None);
        }
        require_none(path).unwrap();
    }
}
