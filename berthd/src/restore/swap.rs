//! Puts restored files in the place of present ones. Many names cannot change at once, so a mark says that they are changing,
//! and where the present ones go: nothing serves from the directory meanwhile, and who comes again goes on.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use kit::{ServiceName, Timestamp};

use crate::marks::{self, Mark};

/// What SQLite keeps beside a file.
const BESIDE: [&str; 3] = ["", "-wal", "-shm"];

/// `begun` is what the mark of an interrupted try holds. Where the files of before are, if there were any.
pub fn put(directory: &Path, ready: &Path, begun: Option<String>, at: Timestamp) -> anyhow::Result<Option<PathBuf>> {
    let aside = begun.unwrap_or_else(|| format!("before-restore-{}", at.to_string().replace(':', "")));
    marks::sync(ready)?;
    Mark::Restoring.set(directory, &aside)?;
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
    fs::remove_dir_all(ready)?;
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
        Mark::Restoring.set(path, "before").unwrap();
        set_aside(path, &aside, "user.db").unwrap();
        fs::write(path.join("user.db"), "new").unwrap();
        let begun = Mark::Restoring.read(path).unwrap();
        let kept = put(path, &ready(), begun, Timestamp::EPOCH).unwrap();
        assert_eq!(kept.as_deref(), Some(aside.as_path()));
        for name in ["user.db", "user.db-wal", "feed.db", "docker.db"] {
            assert_eq!(contents(&aside, name).as_deref(), Some("old"), "{name}");
        }
        let now = ["user.db", "user.db-wal", "feed.db", "docker.db"].map(|name| contents(path, name));
        assert_eq!(now, [Some("new".into()), None, Some("new".into()), None]);
        marks::require_none(path).unwrap();
    }
}
