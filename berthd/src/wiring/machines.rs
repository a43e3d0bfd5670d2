//! Joins the catalogue to SQLite and to the machines that Berth ships with.

use std::path::Path;
use std::sync::Arc;

use berth_machines::use_cases::CatalogueFile;
use berth_machines::{Deps, store::sqlite};
use kit::{Failure, ServiceName};

use crate::platform::Platform;

/// The machines built into this program.
const SHIPPED: [(&str, &str); 4] = [
    ("redis.yaml", include_str!("../../../catalogue/redis.yaml")),
    ("postgres.yaml", include_str!("../../../catalogue/postgres.yaml")),
    ("mariadb.yaml", include_str!("../../../catalogue/mariadb.yaml")),
    ("nginx.yaml", include_str!("../../../catalogue/nginx.yaml")),
];

pub async fn wire(platform: &Platform) -> Result<wire::Service, Failure> {
    let database = platform.database(ServiceName::Machines, &sqlite::MIGRATIONS).await?;
    let deps = Deps {
        store: Arc::new(sqlite::SqliteMachines::new(database, platform.ambient.clone())),
        ambient: platform.ambient.clone(),
        door: platform.door(ServiceName::Machines),
        catalogue: catalogue(platform.config.catalogue.as_deref())?,
    };
    berth_machines::build(deps).await
}

/// The operator's files where a directory is configured, else those built in.
fn catalogue(directory: Option<&Path>) -> Result<Vec<CatalogueFile>, Failure> {
    match directory {
        None => Ok(SHIPPED.map(|(name, text)| CatalogueFile { name: name.to_owned(), text: text.to_owned() }).to_vec()),
        Some(directory) => read(directory).map_err(|error| {
            let sentence = format!("The catalogue in {} cannot be read: {error}.", directory.display());
            Failure::invalid("catalogue", sentence)
        }),
    }
}

fn read(directory: &Path) -> std::io::Result<Vec<CatalogueFile>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            files.push(CatalogueFile { name: path.display().to_string(), text: std::fs::read_to_string(&path)? });
        }
    }
    // The file system's order is its own; ids and events come in the same order on every machine.
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_catalogue_is_built_in() {
        let found = read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../catalogue"))).unwrap();
        let mut texts: Vec<&str> = SHIPPED.iter().map(|(_, text)| *text).collect();
        let mut expected: Vec<&str> = found.iter().map(|file| file.text.as_str()).collect();
        texts.sort_unstable();
        expected.sort_unstable();
        assert_eq!(texts, expected);
    }
}
