//! What a backup says of itself: whose it is, of when, and sums that tell whether it is what was written.

use std::path::Path;

use anyhow::{Context as _, ensure};
use kit::{InstallationId, MasterKey, Timestamp};
use serde::{Deserialize, Serialize};
use sql::tables::{self, Digest};

use super::archive::hexadecimal;

/// The format that this program writes, and the newest that it reads.
pub const FORMAT: u32 = 1;
/// Rows at a time, where all are read.
const PAGE: usize = 2000;

/// The first file of the archive. Unknown fields are passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The version that wrote it.
    pub berth: String,
    pub installation: InstallationId,
    /// The moment that all of it is of.
    pub taken_at: Timestamp,
    /// Which master key opens what is sealed in it.
    pub master_key: String,
    pub parts: Vec<Part>,
}

/// One database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub name: String,
    /// Of the file, in hexadecimal.
    pub sha256: String,
    pub tables: Vec<TableSum>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSum {
    pub name: String,
    pub rows: u64,
    /// Of what is in the rows, in whatever order.
    pub checksum: String,
}

impl TableSum {
    pub fn new(table: &str, digest: &Digest) -> Self {
        Self { name: table.to_owned(), rows: digest.rows, checksum: digest.checksum() }
    }
}

impl Manifest {
    pub fn read(text: &str) -> anyhow::Result<Self> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let Format { format } = serde_json::from_str(text).context("this is no backup of Berth's")?;
        ensure!(
            format <= FORMAT,
            "this backup has format {format}, and this berthd knows up to {FORMAT}: use the berthd that wrote it, or a newer one"
        );
        serde_json::from_str(text).context("the backup's manifest cannot be read")
    }
}

/// Tells keys apart and nothing of them.
pub fn fingerprint(master: &MasterKey) -> String {
    hexadecimal(&master.derive("backup.fingerprint").hash(b"")[..8])
}

/// Of every table in a file that nobody else has open.
pub async fn sums(file: &Path) -> anyhow::Result<Vec<TableSum>> {
    let readers = sql::moment::look_into(file).await?;
    let mut sums = Vec::new();
    for table in tables::of_file(&readers).await? {
        sums.push(TableSum::new(&table.name, &table.digest(&readers, PAGE).await?));
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_format_is_refused_and_a_newer_field_is_not() {
        let newer = Manifest::read(r#"{"format": 2, "what": "else"}"#).unwrap_err().to_string();
        assert!(newer.contains("format 2"), "{newer}");
        assert!(Manifest::read("tar").unwrap_err().to_string().contains("no backup"));
        let ambient = kit::Ambient::system();
        let manifest = Manifest {
            format: FORMAT,
            berth: "0.1.0".into(),
            installation: InstallationId::mint(&ambient),
            taken_at: ambient.now(),
            master_key: fingerprint(&MasterKey::mint(&ambient)),
            parts: vec![],
        };
        let mut value = serde_json::to_value(&manifest).unwrap();
        value["later"] = 1.into();
        assert_eq!(Manifest::read(&value.to_string()).unwrap(), manifest);
    }
}
