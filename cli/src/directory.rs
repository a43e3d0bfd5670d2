//! Where the client keeps what outlives a command: files in the user's configuration directory that only they may read.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

#[derive(Clone, Debug)]
pub struct Directory(PathBuf);

/// While it lives, no other command changes what is kept.
pub struct Lock(#[allow(dead_code, reason = "the open file is the lock")] File);

impl Directory {
    /// `$XDG_CONFIG_HOME/berth` or `~/.config/berth`.
    pub fn of_user() -> Result<Self, Failure> {
        let given = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || std::env::home_dir().map(|home| home.join(".config"));
        let base =
            given.or_else(home).ok_or_else(|| Failure::other("There is no home directory to keep a login in."))?;
        Ok(Self(base.join("berth")))
    }

    #[cfg(test)]
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Waits for its turn, without holding up what else runs.
    pub async fn lock(&self) -> Result<Lock, Failure> {
        let (directory, path) = (self.0.clone(), self.file("credentials.lock"));
        let locked = tokio::task::spawn_blocking(move || {
            DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
            let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
            file.lock()?;
            Ok(file)
        });
        locked.await.map_err(Failure::other)?.map(Lock).map_err(|error| self.failure(&error))
    }

    /// A JSON file; empty where there is none.
    pub fn read<T: Default + DeserializeOwned>(&self, name: &str) -> Result<T, Failure> {
        let path = self.file(name);
        match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|_| Failure::other(format!("{} is damaged; delete it and log in again.", path.display()))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(T::default()),
            Err(error) => Err(self.failure(&error)),
        }
    }

    pub fn write(&self, _: &Lock, name: &str, content: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_vec_pretty(content).map_err(Failure::other)?;
        write_private(&self.file(name), &text).map_err(|error| self.failure(&error))
    }

    fn failure(&self, error: &std::io::Error) -> Failure {
        Failure::other(format!("What is kept in {} cannot be read or written: {error}.", self.0.display()))
    }
}

/// A file for its owner alone. Under its name it is always whole: it is written aside and renamed.
pub fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    // A leftover of another time may have another mode.
    let _ = std::fs::remove_file(&part);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(part, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_second_waits_for_the_lock() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = Directory::at(temporary.path());
        let held = directory.lock().await.unwrap();
        let waiting = directory.clone();
        let second = tokio::spawn(async move {
            let _lock = waiting.lock().await.unwrap();
            waiting.read::<Vec<u8>>("file").unwrap()
        });
        directory.write(&held, "file", &[1]).unwrap();
        drop(held);
        assert_eq!(second.await.unwrap(), [1]);
    }

    #[test]
    fn a_damaged_file_says_what_to_do() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = Directory::at(temporary.path());
        std::fs::write(directory.file("file"), "{").unwrap();
        assert!(directory.read::<Vec<u8>>("file").unwrap_err().problem.detail.contains("log in again"));
    }
}
