//! `berthd restore FILE`: a data directory as a backup has it. The files are looked at and made ready beside the present ones,
//! then all put in place; an interrupted one is finished by the same command.

mod swap;

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use kit::{Ambient, MasterKey};

use crate::backup::archive::Unpacked;
use crate::backup::manifest::{self, Manifest};
use crate::backup::{archive, databases, require_all};
use crate::data_dir;
use crate::marks::Mark;
use crate::place::{Place, Settled};
use crate::wiring::restored;
use swap::Begun;

/// Where the files of a backup are made ready.
const READY: &str = "restore.part";

#[derive(clap::Args)]
pub struct RestoreArguments {
    /// What `berthd backup` wrote
    file: PathBuf,
    /// The file with the master key, where the data directory has none
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Restores over a platform's present databases, which are set aside
    #[arg(long)]
    force: bool,
    /// Leaves API keys as they were in the backup: those that were revoked since then work again
    #[arg(long)]
    keep_api_keys: bool,
    #[command(flatten)]
    place: Place,
}

/// A directory for the files of the backup, which goes again, also where the backup is refused.
struct Ready(PathBuf);

impl Ready {
    fn make(directory: &Path) -> anyhow::Result<Self> {
        let path = directory.join(READY);
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("warning: {} could not be removed: {error}", self.0.display());
        }
    }
}

pub async fn run(arguments: RestoreArguments, ambient: &Ambient) -> anyhow::Result<()> {
    let place = arguments.place.embedded()?;
    let directory = place.data_dir.clone();
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
    let _lock = data_dir::lock(&directory)?;
    for mark in [Mark::Moving, Mark::Moved] {
        ensure!(
            !mark.is_set(&directory),
            "the data of {} was moved to servers: see docs/moving.md",
            directory.display()
        );
    }
    let begun = Begun::read(&directory)?;
    let present = databases(&directory);
    ensure!(
        present.is_empty() || arguments.force || begun.is_some(),
        "{} holds a platform already: --force restores over its databases, which are set aside",
        directory.display()
    );
    let ready = Ready::make(&directory)?;
    let Unpacked { manifest, sha256 } = archive::read(&arguments.file, &ready.0)?;
    let at = ambient.now();
    let begun = the_same(begun, Begun::new(sha256, manifest.taken_at, at))?;
    check(&manifest, &ready.0).await?;
    identify(&manifest, &place, arguments.keys.as_deref(), ambient)?;
    let closed = restored::settle(&ready.0, ambient, manifest.taken_at, arguments.keep_api_keys).await?;
    let aside = swap::put(&directory, &ready.0, &begun)?;
    drop(ready);
    println!("{}: as it was at {}, restored at {at}", directory.display(), manifest.taken_at);
    println!(
        "closed {} sessions, revoked {} API keys; passwords are those of the backup",
        closed.sessions, closed.keys
    );
    if let Some(aside) = aside {
        println!("the databases of before are in {}", aside.display());
    }
    Ok(())
}

/// An interrupted restore goes on with its own archive: some files of that one are in place already.
fn the_same(before: Option<Begun>, now: Begun) -> anyhow::Result<Begun> {
    let Some(before) = before else { return Ok(now) };
    ensure!(
        before.sha256 == now.sha256,
        "a restore of the backup of {} was interrupted here, and this is another, of {}: name that one",
        before.taken_at,
        now.taken_at
    );
    Ok(before)
}

/// Every table has the rows that were counted and summed when they were copied.
async fn check(manifest: &Manifest, ready: &Path) -> anyhow::Result<()> {
    require_all("the backup", manifest.parts.iter().map(|part| part.name.as_str()))?;
    for part in &manifest.parts {
        let file = ready.join(&part.name);
        sql::moment::is_whole(&file).await.with_context(|| format!("{} of the backup", part.name))?;
        ensure!(
            manifest::sums(&file).await? == part.tables,
            "{} of the backup has other rows than its manifest",
            part.name
        );
    }
    Ok(())
}

/// Containers carry the installation's id, and what is sealed opens with one key: both must be the backup's.
fn identify(manifest: &Manifest, place: &Settled, keys: Option<&Path>, ambient: &Ambient) -> anyhow::Result<()> {
    let id = manifest.installation.to_string();
    match data_dir::read(&place.installation)? {
        Some(present) if present.trim() != id => {
            bail!("the backup is of installation {id}, and {} is of {}", place.data_dir.display(), present.trim())
        }
        _ => {}
    }
    let key = match (data_dir::read(&place.master_key)?, keys) {
        (Some(present), _) => present,
        (None, Some(keys)) => data_dir::read(keys)?.with_context(|| format!("{} is not there", keys.display()))?,
        (None, None) => bail!(
            "{} is not there: name the copy of the master key with --keys, the one with the fingerprint {}",
            place.master_key.display(),
            manifest.master_key
        ),
    };
    let master = MasterKey::decode(&key).context("the file with the master key holds no key")?;
    let fingerprint = manifest::fingerprint(&master);
    ensure!(
        fingerprint == manifest.master_key,
        "the master key has the fingerprint {fingerprint}, and the backup needs {}",
        manifest.master_key
    );
    data_dir::make(&place.installation, ambient, || id)?;
    data_dir::make(&place.master_key, ambient, || master.encode())
}

#[cfg(test)]
mod tests {
    use kit::Timestamp;

    use super::*;

    #[test]
    fn an_interrupted_restore_is_not_finished_with_another_archive() {
        let begun = |sha256: &str| Begun::new(sha256.to_owned(), Timestamp::EPOCH, Timestamp::EPOCH);
        assert_eq!(the_same(None, begun("one")).unwrap(), begun("one"));
        let first = Begun { aside: "before".into(), ..begun("one") };
        assert_eq!(the_same(Some(first.clone()), begun("one")).unwrap(), first);
        let refused = the_same(Some(first), begun("other")).unwrap_err().to_string();
        assert!(refused.contains("this is another"), "{refused}");
    }

    #[test]
    fn what_was_made_ready_goes_with_a_refusal() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join(READY)).unwrap();
        let ready = Ready::make(directory.path()).unwrap();
        fs::write(ready.0.join("user.db"), "rows").unwrap();
        drop(ready);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
