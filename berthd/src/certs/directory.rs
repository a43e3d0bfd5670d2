//! Where certificates and keys lie: each file is replaced whole, and what is secret is its owner's alone.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use kit::ServiceName;

use super::mint::Known;

pub struct Directory(PathBuf);

impl Directory {
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Every CA that is trusted.
    pub fn ca(&self) -> PathBuf {
        self.0.join("ca.pem")
    }

    /// The key of the CA that signs.
    pub fn ca_key(&self) -> PathBuf {
        self.0.join("ca.key")
    }

    /// The key of the CA that signs from the next renewal on.
    pub fn next_key(&self) -> PathBuf {
        self.0.join("ca-next.key")
    }

    /// A service's certificate and key.
    pub fn service(&self, service: ServiceName) -> PathBuf {
        self.0.join(format!("{service}.pem"))
    }

    pub fn make(&self) -> anyhow::Result<()> {
        fs::create_dir_all(&self.0).with_context(|| format!("cannot make {}", self.0.display()))
    }

    /// The first of our files that is there.
    pub fn anything(&self) -> Option<PathBuf> {
        let services = ServiceName::ALL.map(|service| self.service(service));
        [self.ca(), self.ca_key(), self.next_key()].into_iter().chain(services).find(|path| path.exists())
    }

    pub fn trusted(&self) -> anyhow::Result<Vec<Known>> {
        Known::read_all(&read(&self.ca())?).with_context(|| self.ca().display().to_string())
    }

    /// The waiting CA signs from here on.
    pub fn promote(&self) -> anyhow::Result<()> {
        fs::rename(self.next_key(), self.ca_key()).context("the new CA's key cannot take the old one's place")
    }
}

pub fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

pub fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    replace(path, text, 0o644)
}

pub fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    replace(path, text, 0o600)
}

/// Writes beside, then renames: nobody reads half a key.
fn replace(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let part = path.with_extension("part");
    let write = || {
        // One that a crash left behind may have another mode.
        if part.exists() {
            fs::remove_file(&part)?;
        }
        let mut file = OpenOptions::new().create_new(true).write(true).mode(mode).open(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
