//! Joins the catalogue to SQLite, to the feed that counts, and to the machines that Berth ships with.

use std::path::Path;
use std::sync::Arc;

use berth_machines::peers::FeedStandings;
use berth_machines::ports::MachineStore;
use berth_machines::store::mongo::MongoMachines;
use berth_machines::use_cases::CatalogueFile;
use berth_machines::{Deps, store::sqlite};
use kit::{Ambient, Failure, ServiceName};

use super::backings::{Documents, Relational, documents};
use crate::backing::Wired;
use crate::catalogue::read_directory;
use crate::config::Config;
use crate::platform::Platform;

/// The machines built into this program.
const SHIPPED: [(&str, &str); 8] = [
    ("redis.yaml", include_str!("../../../catalogue/redis.yaml")),
    ("postgres.yaml", include_str!("../../../catalogue/postgres.yaml")),
    ("mariadb.yaml", include_str!("../../../catalogue/mariadb.yaml")),
    ("nginx.yaml", include_str!("../../../catalogue/nginx.yaml")),
    ("memcached.yaml", include_str!("../../../catalogue/memcached.yaml")),
    ("mosquitto.yaml", include_str!("../../../catalogue/mosquitto.yaml")),
    ("dokuwiki.yaml", include_str!("../../../catalogue/dokuwiki.yaml")),
    ("notebook.yaml", include_str!("../../../catalogue/notebook.yaml")),
];

pub async fn wire(platform: &Platform) -> Result<Wired, Failure> {
    let ambient = platform.ambient.clone();
    let Some(database) = documents(ServiceName::Machines, &platform.config.machines).await? else {
        let database = platform.database(ServiceName::Machines, &sqlite::MIGRATIONS).await?;
        let store = Arc::new(sqlite::SqliteMachines::new(database.clone(), ambient));
        return Ok(Wired::new(
            service(platform, store).await?,
            Relational { database, ambient: platform.ambient.clone() },
        ));
    };
    let store = Arc::new(MongoMachines::open(database.clone(), ambient).await?);
    Ok(Wired::new(service(platform, store).await?, Documents { database, announces: true }))
}

pub async fn migrate(config: &Config, ambient: &Ambient) -> Result<(), Failure> {
    match documents(ServiceName::Machines, &config.machines).await? {
        Some(database) => MongoMachines::open(database, ambient.clone()).await.map(drop),
        None => Ok(()),
    }
}

async fn service(platform: &Platform, store: Arc<dyn MachineStore>) -> Result<wire::Service, Failure> {
    let deps = Deps {
        store,
        standings: Arc::new(FeedStandings::new(&platform.peer(ServiceName::Machines, ServiceName::Feed))),
        ambient: platform.ambient.clone(),
        door: platform.door(ServiceName::Machines),
        catalogue: catalogue(platform.config.catalogue.as_deref())?,
    };
    berth_machines::build(deps).await
}

/// The operator's files where a directory is configured, else those built in.
pub fn catalogue(directory: Option<&Path>) -> Result<Vec<CatalogueFile>, Failure> {
    match directory {
        None => Ok(SHIPPED.map(|(name, text)| CatalogueFile { name: name.to_owned(), text: text.to_owned() }).to_vec()),
        Some(directory) => read_directory(directory).map_err(|error| {
            let sentence = format!("The catalogue in {} cannot be read: {error}.", directory.display());
            Failure::invalid("catalogue", sentence)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_catalogue_is_built_in() {
        let found = read_directory(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../catalogue"))).unwrap();
        let mut texts: Vec<&str> = SHIPPED.iter().map(|(_, text)| *text).collect();
        let mut expected: Vec<&str> = found.iter().map(|file| file.text.as_str()).collect();
        texts.sort_unstable();
        expected.sort_unstable();
        assert_eq!(texts, expected);
    }
}
