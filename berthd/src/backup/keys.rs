//! The master key in a file of its own. Nobody but its owner reads it at any time, whatever stood in its place before.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use kit::Ambient;

use super::folder;
use crate::marks;

/// Whole or not at all, and on the disk afterwards.
pub fn write(file: &Path, text: &str, force: bool, ambient: &Ambient) -> anyhow::Result<()> {
    ensure!(force || !file.exists(), "{} is there already: --force takes its place", file.display());
    let mut part = file.as_os_str().to_owned();
    part.push(format!(".{}.part", ambient.uuid()));
    let part = PathBuf::from(part);
    // A new file: one that is there keeps its mode when it is written over.
    let written = fill(&part, text).and_then(|()| fs::rename(&part, file));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written.with_context(|| format!("cannot write {}", file.display()))?;
    marks::sync(folder::parent(file))
}

fn fill(part: &Path, text: &str) -> io::Result<()> {
    let mut opened = File::options().write(true).create_new(true).mode(0o600).open(part)?;
    writeln!(opened, "{text}")?;
    opened.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_that_everybody_reads_becomes_one_that_only_its_owner_does() {
        let (directory, ambient) = (tempfile::tempdir().unwrap(), Ambient::system());
        let file = directory.path().join("master.key");
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = write(&file, "key", false, &ambient).unwrap_err().to_string();
        assert!(refused.contains("--force"), "{refused}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        write(&file, "key", true, &ambient).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "key\n");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_cannot_be_put_in_place_leaves_no_key_about() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("taken");
        fs::create_dir(&file).unwrap();
        assert!(write(&file, "key", true, &Ambient::system()).is_err());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
