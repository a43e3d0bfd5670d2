//! The data directory: one process at a time, an installation's id, and the master key.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use kit::{Ambient, InstallationId, MasterKey};

/// A data directory that this process holds.
pub struct DataDir {
    pub installation: InstallationId,
    pub master: MasterKey,
    // The lock goes with the file.
    _lock: File,
}

impl DataDir {
    /// Makes what is missing, the master key in its own place unless a file is named. Fails where another process holds it.
    pub fn open(path: &Path, master_key: Option<&Path>, ambient: &Ambient) -> anyhow::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("cannot make the data directory {}", path.display()))?;
        let lock = lock(path)?;
        let installation = read_or_make(&path.join("installation"), || InstallationId::mint(ambient).to_string())?;
        let keys = path.join("keys");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&keys)?;
        let file = master_key.map_or_else(|| keys.join("master.key"), Path::to_path_buf);
        let master = read_or_make(&file, || MasterKey::mint(ambient).encode())?;
        Ok(Self {
            installation: installation.trim().parse().context("the file `installation` is broken")?,
            master: MasterKey::decode(&master).with_context(|| format!("{} holds no key", file.display()))?,
            _lock: lock,
        })
    }
}

fn lock(path: &Path) -> anyhow::Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("another berthd is running on {}; stop it first, or name another --data-dir", path.display())
        }
        Err(TryLockError::Error(error)) => Err(error).context("the data directory cannot be locked"),
    }
}

/// A small file of mode 600, written whole or not at all.
fn read_or_make(path: &Path, make: impl FnOnce() -> String) -> anyhow::Result<String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = make();
            let part = path.with_extension("part");
            let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&part)?;
            writeln!(file, "{text}")?;
            file.sync_all()?;
            fs::rename(&part, path)?;
            Ok(text)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_minted_stays_and_two_processes_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let ambient = Ambient::system();
        let first = DataDir::open(directory.path(), None, &ambient).unwrap();
        assert!(DataDir::open(directory.path(), None, &ambient).is_err());
        let id = first.installation;
        drop(first);
        assert_eq!(DataDir::open(directory.path(), None, &ambient).unwrap().installation, id);
    }
}
