//! `berthd backup FILE`: what an embedded platform knows, in one file, while it runs. All databases are copied as they were at
//! one moment; keys go elsewhere, so that whoever finds the file cannot open what is sealed in it.

pub mod archive;
pub mod manifest;

use std::fs::{self, File};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use kit::{Ambient, ServiceName};
use sql::moment::Pair;

use crate::data_dir;
use crate::marks;
use crate::place::Place;
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
    let name = |service: ServiceName| format!("{service}.db");
    let files = ServiceName::ALL.into_iter().map(|service| (name(service), directory.join(name(service))));
    files.filter(|(_, file)| file.is_file()).collect()
}

pub async fn run(arguments: BackupArguments, ambient: &Ambient) -> anyhow::Result<()> {
    let place = arguments.place.settle()?;
    for file in [Some(&arguments.file), arguments.keys.as_ref()].into_iter().flatten() {
        ensure!(arguments.force || !file.exists(), "{} is there already: --force takes its place", file.display());
    }
    marks::require_none(&place.data_dir)?;
    let (installation, master) = data_dir::present(&place.installation, &place.master_key)?;
    let databases = databases(&place.data_dir);
    ensure!(!databases.is_empty(), "{} holds no platform", place.data_dir.display());
    let beside = beside(&arguments.file, ambient)?;
    let copied = copy(&beside, &databases).await;
    let written = match copied {
        Ok(parts) => {
            let (berth, key) = (env!("CARGO_PKG_VERSION").to_owned(), manifest::fingerprint(&master));
            let at = ambient.now();
            let manifest = Manifest { format: FORMAT, berth, installation, taken_at: at, master_key: key, parts };
            archive::write(&arguments.file, &beside, &manifest).map(|()| manifest)
        }
        Err(error) => Err(error),
    };
    let cleared = fs::remove_dir_all(&beside);
    let manifest = written?;
    cleared.with_context(|| format!("{} could not be removed", beside.display()))?;
    if let Some(keys) = &arguments.keys {
        write_keys(keys, &master.encode(), arguments.force)?;
    }
    tell(&arguments, &manifest);
    Ok(())
}

/// A directory for the copies, on the same disk as the backup.
fn beside(file: &Path, ambient: &Ambient) -> anyhow::Result<PathBuf> {
    let Some(name) = file.file_name() else { bail!("{} names no file", file.display()) };
    let beside = file.with_file_name(format!(".{}.{}", name.to_string_lossy(), ambient.uuid()));
    let made = fs::DirBuilder::new().mode(0o700).create(&beside);
    made.with_context(|| format!("cannot write beside {}", file.display()))?;
    Ok(beside)
}

async fn copy(beside: &Path, databases: &[(String, PathBuf)]) -> anyhow::Result<Vec<Part>> {
    let pair = |(name, from): &(String, PathBuf)| Pair { from: from.clone(), to: beside.join(name) };
    let pairs: Vec<Pair> = databases.iter().map(pair).collect();
    sql::moment::copy(&pairs).await?;
    let mut parts = Vec::with_capacity(pairs.len());
    for ((name, _), pair) in databases.iter().zip(&pairs) {
        let tables = manifest::sums(&pair.to).await?;
        parts.push(Part { name: name.clone(), sha256: archive::sha256(&pair.to)?, tables });
    }
    Ok(parts)
}

fn write_keys(file: &Path, text: &str, force: bool) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut options = File::options();
    options.write(true).mode(0o600);
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let mut opened = options.open(file).with_context(|| format!("cannot write {}", file.display()))?;
    writeln!(opened, "{text}")?;
    opened.sync_all().with_context(|| format!("cannot write {}", file.display()))
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
