//! The archive: a tar file with the manifest first, so that whoever reads it knows what comes. Written whole or not at all.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use sha2::{Digest as _, Sha256};
use tar::{Archive, Builder, EntryType, Header};

use super::folder;
use super::manifest::Manifest;
use crate::marks;

const MANIFEST: &str = "manifest.json";
/// No manifest is larger.
const MOST: u64 = 16 << 20;

/// Packs the manifest's parts, which are in a directory.
pub fn write(file: &Path, parts: &Path, manifest: &Manifest) -> anyhow::Result<()> {
    let part = parts.join("backup.tar");
    let opened = File::options().write(true).create_new(true).mode(0o600).open(&part)?;
    let mut archive = Builder::new(opened);
    let text = serde_json::to_vec_pretty(manifest)?;
    append(&mut archive, MANIFEST, text.len() as u64, text.as_slice())?;
    for part in &manifest.parts {
        let opened = File::open(parts.join(&part.name))?;
        append(&mut archive, &part.name, opened.metadata()?.len(), opened)?;
    }
    let mut written = archive.into_inner()?;
    written.flush()?;
    written.sync_all()?;
    fs::rename(&part, file).with_context(|| format!("cannot write {}", file.display()))?;
    marks::sync(folder::parent(file))
}

fn append(archive: &mut Builder<File>, name: &str, size: u64, content: impl Read) -> anyhow::Result<()> {
    let mut header = Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    header.set_entry_type(EntryType::Regular);
    archive.append_data(&mut header, name, content).with_context(|| format!("cannot pack {name}"))
}

/// What came out of an archive.
#[derive(Debug, PartialEq, Eq)]
pub struct Unpacked {
    pub manifest: Manifest,
    /// The manifest's SHA-256: another archive has another one.
    pub sha256: String,
}

/// Unpacks into an empty directory what the manifest names, and nothing else; each part is what it was when it was packed.
pub fn read(file: &Path, into: &Path) -> anyhow::Result<Unpacked> {
    let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut archive = Archive::new(opened);
    let mut entries = archive.entries()?;
    let first = entries.next().context("this is no backup of Berth's")?.context("this is no backup of Berth's")?;
    ensure!(first.path_bytes() == MANIFEST.as_bytes(), "this is no backup of Berth's");
    let mut text = String::new();
    first.take(MOST).read_to_string(&mut text)?;
    let manifest = Manifest::read(&text)?;
    let mut missing: Vec<_> = manifest.parts.iter().collect();
    for entry in entries {
        let mut entry = entry.context("the backup is cut short or damaged")?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some(at) = missing.iter().position(|part| part.name == name) else {
            bail!("{name} has no place in a backup")
        };
        let part = missing.remove(at);
        // A name is one of our own files' and leads nowhere else.
        ensure!(is_plain(&part.name) && entry.header().entry_type().is_file(), "{name} has no place in a backup");
        let path = into.join(&part.name);
        let mut unpacked = File::options().write(true).create_new(true).mode(0o600).open(&path)?;
        std::io::copy(&mut entry, &mut unpacked).context("the backup is cut short or damaged")?;
        unpacked.sync_all()?;
        ensure!(sha256(&path)? == part.sha256, "{name} is not what was backed up: the file is damaged");
    }
    ensure!(missing.is_empty(), "the backup is cut short: {} is missing", missing[0].name);
    Ok(Unpacked { manifest, sha256: hexadecimal(&Sha256::digest(text.as_bytes())) })
}

fn is_plain(name: &str) -> bool {
    name.strip_suffix(".db").is_some_and(|stem| !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// Of a file, in hexadecimal.
pub fn sha256(file: &Path) -> anyhow::Result<String> {
    let mut opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let (mut hash, mut piece) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        let length = opened.read(&mut piece)?;
        if length == 0 {
            return Ok(hexadecimal(&hash.finalize()));
        }
        hash.update(&piece[..length]);
    }
}

/// Bytes as people compare them.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use kit::{Ambient, InstallationId};

    use super::super::manifest::{FORMAT, Part};
    use super::*;

    fn packed(directory: &Path, name: &str) -> Manifest {
        fs::write(directory.join("user.db"), "rows").unwrap();
        let ambient = Ambient::system();
        let sha256 = sha256(&directory.join("user.db")).unwrap();
        let parts = vec![Part { name: name.to_owned(), sha256, tables: vec![] }];
        let (berth, installation) = ("0".into(), InstallationId::mint(&ambient));
        Manifest { format: FORMAT, berth, installation, taken_at: ambient.now(), master_key: String::new(), parts }
    }

    #[test]
    fn what_was_packed_comes_out_and_what_is_damaged_does_not() {
        let (from, to, again) =
            (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let manifest = packed(from.path(), "user.db");
        let file = from.path().join("backup");
        write(&file, from.path(), &manifest).unwrap();
        assert_eq!(read(&file, to.path()).unwrap().manifest, manifest);
        assert_eq!(fs::read_to_string(to.path().join("user.db")).unwrap(), "rows");
        let mut bytes = fs::read(&file).unwrap();
        let at = bytes.windows(4).rposition(|piece| piece == b"rows").unwrap();
        bytes[at] ^= 1;
        fs::write(&file, bytes).unwrap();
        assert!(read(&file, again.path()).unwrap_err().to_string().contains("damaged"));
    }

    #[test]
    fn a_backup_that_is_cut_short_or_leads_elsewhere_is_refused() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut manifest = packed(from.path(), "user.db");
        manifest.parts[0].name = "../user.db".into();
        let file = from.path().join("backup");
        fs::create_dir(from.path().join("inner")).unwrap();
        assert!(write(&file, &from.path().join("inner"), &manifest).is_err(), "tar itself packs no such name");
        assert!(!is_plain("../user.db") && !is_plain("a/user.db") && !is_plain(".db") && is_plain("user.db"));
        let manifest = packed(from.path(), "user.db");
        write(&file, from.path(), &manifest).unwrap();
        let bytes = fs::read(&file).unwrap();
        fs::write(&file, &bytes[..1024]).unwrap();
        assert!(read(&file, to.path()).is_err());
    }
}
