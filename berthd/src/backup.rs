//! `berthd backup FILE`: what an embedded platform knows, in one file, while it runs. All databases are copied as they were at
//! one moment; keys go elsewhere, so that whoever finds the file cannot open what is sealed in it.

pub mod archive;
mod folder;
mod keys;
pub mod manifest;

use std::path::{Path, PathBuf};

use anyhow::ensure;
use kit::{Ambient, ServiceName, Timestamp};
use sql::moment::{self, Pair};

use crate::data_dir;
use crate::marks;
use crate::place::Place;
use folder::Folder;
use manifest::{FORMAT, Manifest, Part, TableSum};

#[derive(clap::Args)]
pub struct BackupArguments {
    /// Where the backup goes: a tar archive that only you can read
    file: PathBuf,
    /// Writes the master key to this file as well, which has to be kept somewhere else than the backup
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Takes the place of files that are there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    place: Place,
}

/// The files of a platform that hold what it knows: one a service that keeps anything.
pub fn databases(directory: &Path) -> Vec<(String, PathBuf)> {
    names().map(|name| (name.clone(), directory.join(name))).filter(|(_, file)| file.is_file()).collect()
}

/// The same of a directory in which none is missing.
pub fn whole(directory: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let databases = databases(directory);
    require_all(&directory.display().to_string(), databases.iter().map(|(name, _)| name.as_str()))?;
    Ok(databases)
}

fn names() -> impl Iterator<Item = String> {
    let keeps = |service: &ServiceName| *service != ServiceName::Interact;
    ServiceName::ALL.into_iter().filter(keeps).map(|service| format!("{service}.db"))
}

/// A platform has all its files from its first start. Where one is missing, what would come back is no platform: without the
/// ledger every container would be one that nobody knows.
pub fn require_all<'n>(what: &str, mut present: impl Iterator<Item = &'n str> + Clone) -> anyhow::Result<()> {
    let missing: Vec<String> = names().filter(|name| !present.clone().any(|there| there == name)).collect();
    ensure!(present.next().is_some(), "{what} holds no platform");
    ensure!(missing.is_empty(), "{what} is no whole platform: {} is missing", missing.join(", "));
    Ok(())
}

pub async fn run(arguments: BackupArguments, ambient: &Ambient) -> anyhow::Result<()> {
    let place = arguments.place.embedded()?;
    for file in [Some(&arguments.file), arguments.keys.as_ref()].into_iter().flatten() {
        ensure!(arguments.force || !file.exists(), "{} is there already: --force takes its place", file.display());
    }
    marks::require_none(&place.data_dir)?;
    let (installation, master) = data_dir::present(&place.installation, &place.master_key)?;
    let databases = whole(&place.data_dir)?;
    let folder = Folder::beside(&arguments.file, ambient)?;
    let (taken_at, parts) = copy(&folder.path, &databases, ambient).await?;
    let (berth, master_key) = (env!("CARGO_PKG_VERSION").to_owned(), manifest::fingerprint(&master));
    let manifest = Manifest { format: FORMAT, berth, installation, taken_at, master_key, parts };
    archive::write(&arguments.file, &folder.path, &manifest)?;
    drop(folder);
    if let Some(keys) = &arguments.keys {
        keys::write(keys, &master.encode(), arguments.force, ambient)?;
    }
    tell(&arguments, &manifest);
    Ok(())
}

async fn copy(
    folder: &Path,
    databases: &[(String, PathBuf)],
    ambient: &Ambient,
) -> anyhow::Result<(Timestamp, Vec<Part>)> {
    let pair = |(name, from): &(String, PathBuf)| Pair { from: from.clone(), to: folder.join(name) };
    let pairs: Vec<Pair> = databases.iter().map(pair).collect();
    let moment = moment::copy(&pairs, ambient).await?;
    let mut parts = Vec::with_capacity(pairs.len());
    for (((name, _), pair), sums) in databases.iter().zip(&pairs).zip(&moment.sums) {
        let tables = sums.iter().map(|(table, digest)| TableSum::new(table, digest)).collect();
        parts.push(Part { name: name.clone(), sha256: archive::sha256(&pair.to)?, tables });
    }
    Ok((moment.at, parts))
}

fn tell(arguments: &BackupArguments, manifest: &Manifest) {
    let rows: u64 = manifest.parts.iter().flat_map(|part| &part.tables).map(|TableSum { rows, .. }| rows).sum();
    println!(
        "{}: {} databases, {rows} rows, as of {}",
        arguments.file.display(),
        manifest.parts.len(),
        manifest.taken_at
    );
    match &arguments.keys {
        Some(keys) => println!("{}: the master key; keep it somewhere else", keys.display()),
        None => println!("the master key ({}) is not in it: keep a copy of it too", manifest.master_key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_without_its_ledger_is_none() {
        let all: Vec<String> = names().collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        require_all("here", all.iter().copied()).unwrap();
        let without = all.iter().copied().filter(|name| *name != "allocation.db");
        let refused = require_all("here", without).unwrap_err().to_string();
        assert!(refused.contains("allocation.db is missing"), "{refused}");
        let refused = require_all("here", std::iter::empty()).unwrap_err().to_string();
        assert!(refused.contains("no platform"), "{refused}");
    }
}
