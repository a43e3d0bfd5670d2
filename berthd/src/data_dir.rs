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
    _lock: Option<File>,
}

impl DataDir {
    /// One that the command holds already.
    pub const fn held(installation: InstallationId, master: MasterKey) -> Self {
        Self { installation, master, _lock: None }
    }

    /// Makes what is missing, the master key in its own place unless a file is named. Fails where another process holds it.
    pub fn open(
        path: &Path,
        installation: Option<&Path>,
        master_key: Option<&Path>,
        ambient: &Ambient,
    ) -> anyhow::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("cannot make the data directory {}", path.display()))?;
        let lock = lock(path)?;
        let keys = path.join("keys");
        if master_key.is_none() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(&keys)?;
        }
        let installation = installation.map_or_else(|| path.join("installation"), Path::to_path_buf);
        let master = master_key.map_or_else(|| keys.join("master.key"), Path::to_path_buf);
        let (installation, master) = identity(&installation, &master, ambient)?;
        Ok(Self { installation, master, _lock: Some(lock) })
    }
}

/// What all processes of one platform share. Whoever is first mints it.
pub fn identity(installation: &Path, master: &Path, ambient: &Ambient) -> anyhow::Result<(InstallationId, MasterKey)> {
    let id = read_or_make(installation, ambient, || InstallationId::mint(ambient).to_string())?;
    let key = read_or_make(master, ambient, || MasterKey::mint(ambient).encode())?;
    Ok((
        id.trim().parse().with_context(|| format!("{} holds no id", installation.display()))?,
        MasterKey::decode(&key).with_context(|| format!("{} holds no key", master.display()))?,
    ))
}

/// The same of a platform that is there: nothing is made.
pub fn present(installation: &Path, master: &Path) -> anyhow::Result<(InstallationId, MasterKey)> {
    for path in [installation, master] {
        anyhow::ensure!(path.is_file(), "{} is not there: no platform was ever started with it", path.display());
    }
    identity(installation, master, &Ambient::system())
}

/// A small file; `None` where there is none.
pub fn read(path: &Path) -> anyhow::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Makes a small file of mode 600 unless there is one, and the directory for it.
pub fn make(path: &Path, ambient: &Ambient, text: impl FnOnce() -> String) -> anyhow::Result<()> {
    if let Some(parent) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    }
    read_or_make(path, ambient, text).map(drop)
}

/// Holds the directory for this process, for as long as the file is open.
pub fn lock(path: &Path) -> anyhow::Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("another berthd is running on {}; stop it first, or name another --data-dir", path.display())
        }
        Err(TryLockError::Error(error)) => Err(error).context("the data directory cannot be locked"),
    }
}

/// A small file of mode 600, written whole or not at all. Of several processes that miss it at once one makes it, and all
/// read that one.
fn read_or_make(path: &Path, ambient: &Ambient, make: impl FnOnce() -> String) -> anyhow::Result<String> {
    let missing = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
    match fs::read_to_string(path) {
        Ok(text) => return Ok(text),
        Err(error) if missing(&error) => {}
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
    let part = path.with_extension(format!("{}.part", ambient.uuid()));
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&part)?;
    writeln!(file, "{}", make())?;
    file.sync_all()?;
    let made = fs::hard_link(&part, path);
    fs::remove_file(&part)?;
    match made {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error)?,
        _ => fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_minted_stays_and_two_processes_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let ambient = Ambient::system();
        let first = DataDir::open(directory.path(), None, None, &ambient).unwrap();
        assert!(DataDir::open(directory.path(), None, None, &ambient).is_err());
        let id = first.installation;
        drop(first);
        assert_eq!(DataDir::open(directory.path(), None, None, &ambient).unwrap().installation, id);
    }
}
