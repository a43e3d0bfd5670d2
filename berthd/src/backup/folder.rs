//! The folder beside a backup in which it is made, and which goes with who makes it. One that was killed leaves its folder
//! behind: the next one to the same file takes it away.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use kit::Ambient;
use uuid::Uuid;

/// The file in it that is locked as long as somebody works there.
const HELD: &str = "held";

pub struct Folder {
    pub path: PathBuf,
    // The lock goes with the file.
    _held: File,
}

impl Folder {
    /// On the same disk as the backup.
    pub fn beside(file: &Path, ambient: &Ambient) -> anyhow::Result<Self> {
        let name = file.file_name().with_context(|| format!("{} names no file", file.display()))?;
        let prefix = format!(".{}.", name.to_string_lossy());
        let cannot = || format!("cannot write beside {}", file.display());
        clear(parent(file), &prefix).with_context(cannot)?;
        let path = file.with_file_name(format!("{prefix}{}", ambient.uuid()));
        fs::DirBuilder::new().mode(0o700).create(&path).with_context(cannot)?;
        let held = File::create_new(path.join(HELD)).with_context(cannot)?;
        held.try_lock().with_context(cannot)?;
        Ok(Self { path, _held: held })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            eprintln!("warning: {} could not be removed: {error}", self.path.display());
        }
    }
}

/// The directory that a file is in.
pub fn parent(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Removes folders of this name that nobody works in.
fn clear(parent: &Path, prefix: &str) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let ours = name.strip_prefix(prefix).is_some_and(|rest| Uuid::parse_str(rest).is_ok());
        if !ours || !entry.file_type()?.is_dir() {
            continue;
        }
        match File::open(entry.path().join(HELD)) {
            Ok(held) if held.try_lock().is_ok() => fs::remove_dir_all(entry.path())?,
            // Somebody is at it, or only just beginning.
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_who_made_it_and_what_a_killed_one_left_goes_with_the_next() {
        let (directory, ambient) = (tempfile::tempdir().unwrap(), Ambient::system());
        let file = directory.path().join("backup.tar");
        let left = directory.path().join(format!(".backup.tar.{}", ambient.uuid()));
        let others = [".other.tar.0190c0de-0000-7000-8000-000000000000", ".backup.tar.mine"];
        for folder in others.into_iter().map(|name| directory.path().join(name)).chain([left.clone()]) {
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join(HELD), "").unwrap();
            fs::write(folder.join("user.db"), "rows").unwrap();
        }
        let folder = Folder::beside(&file, &ambient).unwrap();
        assert!(!left.exists() && folder.path.is_dir());
        let second = Folder::beside(&file, &ambient).unwrap();
        assert!(folder.path.is_dir(), "somebody is at it");
        let paths = [folder.path.clone(), second.path.clone()];
        drop((folder, second));
        assert!(paths.iter().all(|path| !path.exists()));
        assert!(others.iter().all(|name| directory.path().join(name).is_dir()), "what is not ours stays");
    }
}
