//! Puts restored files in the place of present ones. Many names cannot change at once, so a mark says that they are changing,
//! and where the present ones go: nothing serves from the directory meanwhile, and who comes again goes on.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use kit::{ServiceName, Timestamp};
use serde::{Deserialize, Serialize};

use crate::marks::{self, Mark};

/// What SQLite keeps beside a file.
const BESIDE: [&str; 3] = ["", "-wal", "-shm"];

/// What the mark of a restore holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// Where the files of before go, in the directory.
    pub aside: String,
    /// Which archive is restored: files of two would never have been one platform.
    pub sha256: String,
    /// When that archive is of, so that people find it.
    pub taken_at: Timestamp,
}

impl Begun {
    pub fn new(sha256: String, taken_at: Timestamp, at: Timestamp) -> Self {
        Self { aside: format!("before-restore-{}", at.to_string().replace(':', "")), sha256, taken_at }
    }

    /// `None` where no restore was interrupted.
    pub fn read(directory: &Path) -> anyhow::Result<Option<Self>> {
        let text = Mark::Restoring.read(directory)?;
        let read = text.map(|text| serde_json::from_str(&text)).transpose();
        read.with_context(|| format!("{} cannot be read", Mark::Restoring.file(directory).display()))
    }
}

/// Where the files of before are, if there were any.
pub fn put(directory: &Path, ready: &Path, begun: &Begun) -> anyhow::Result<Option<PathBuf>> {
    marks::sync(ready)?;
    Mark::Restoring.set(directory, &serde_json::to_string(begun)?)?;
    let aside = &begun.aside;
    let aside = directory.join(aside);
    for service in ServiceName::ALL {
        let file = format!("{service}.db");
        set_aside(directory, &aside, &file)?;
        let restored = ready.join(&file);
        if restored.is_file() {
            fs::rename(restored, directory.join(&file))?;
        }
    }
    marks::sync(directory)?;
    if aside.exists() {
        marks::sync(&aside)?;
    }
    Mark::Restoring.clear(directory)?;
    Ok(aside.exists().then_some(aside))
}

/// A file that went before is ours already: what stands in its place is a restored one.
fn set_aside(directory: &Path, aside: &Path, file: &str) -> anyhow::Result<()> {
    if aside.join(file).exists() {
        return Ok(());
    }
    // The file itself last: until then it is whole where it is.
    for beside in BESIDE.into_iter().rev() {
        let name = format!("{file}{beside}");
        if directory.join(&name).exists() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(aside)?;
            fs::rename(directory.join(&name), aside.join(&name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(directory: &Path, name: &str) -> Option<String> {
        fs::read_to_string(directory.join(name)).ok()
    }

    #[test]
    fn an_interrupted_one_is_finished_and_keeps_the_files_of_before() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let ready = || {
            let ready = path.join("ready");
            fs::create_dir(&ready).unwrap();
            for name in ["user.db", "feed.db"] {
                fs::write(ready.join(name), "new").unwrap();
            }
            ready
        };
        for name in ["user.db", "user.db-wal", "feed.db", "docker.db"] {
            fs::write(path.join(name), "old").unwrap();
        }
        // The first try came as far as the first file.
        let aside = path.join("before");
        let begun = Begun { aside: "before".into(), sha256: "of an archive".into(), taken_at: Timestamp::EPOCH };
        Mark::Restoring.set(path, &serde_json::to_string(&begun).unwrap()).unwrap();
        set_aside(path, &aside, "user.db").unwrap();
        fs::write(path.join("user.db"), "new").unwrap();
        assert_eq!(Begun::read(path).unwrap().as_ref(), Some(&begun));
        let kept = put(path, &ready(), &begun).unwrap();
        assert_eq!(kept.as_deref(), Some(aside.as_path()));
        for name in ["user.db", "user.db-wal", "feed.db", "docker.db"] {
            assert_eq!(contents(&aside, name).as_deref(), Some("old"), "{name}");
        }
        let now = ["user.db", "user.db-wal", "feed.db", "docker.db"].map(|name| contents(path, name));
        assert_eq!(now, [Some("new".into()), None, Some("new".into()), None]);
        marks::require_none(path).unwrap();
    }
}
