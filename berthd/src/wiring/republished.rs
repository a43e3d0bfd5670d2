//! The stores that can tell all that they own once more: on the servers that the configuration names, else in their files.

use std::sync::Arc;

use berth_allocation::store::sql::{Settings, SqlStore as Allocations};
use berth_machines::store::mongo::MongoMachines;
use berth_machines::store::sqlite::{self, SqliteMachines};
use berth_user::store::SqlStore as Users;
use bus::republish::Republish;
use kit::{Ambient, Failure, MasterKey, ServiceName};
use secrecy::{ExposeSecret as _, SecretString};
use sql::Database;

use super::allocation;
use super::backings::documents;
use crate::config::Config;

pub async fn store(service: ServiceName, config: &Config, ambient: &Ambient) -> Result<Arc<dyn Republish>, Failure> {
    let relational = async |url: &Option<SecretString>, migrations: &sql::Migrations| match url {
        Some(url) => {
            let database = Database::connect(url.expose_secret())?;
            database.migrate(&[&bus::MIGRATIONS, migrations]).await?;
            Ok(database)
        }
        None => Database::open(&config.data_dir.join(format!("{service}.db")), &[&bus::MIGRATIONS, migrations]).await,
    };
    let ambient = ambient.clone();
    match service {
        ServiceName::User => {
            let database = relational(&config.user.database_url, &berth_user::MIGRATIONS).await?;
            Ok(Arc::new(Users::new(database, ambient)))
        }
        ServiceName::Allocation => {
            let database = relational(&config.allocation.database_url, &allocation::MIGRATIONS).await?;
            // No event holds what is sealed.
            let sealing = MasterKey::mint(&ambient).derive("none");
            let public_host = config.site.public_host.clone();
            Ok(Arc::new(Allocations::new(
                database,
                Settings { ambient, sealing, ports: config.site.ports, public_host },
            )))
        }
        ServiceName::Machines => {
            if let Some(database) = documents(service, &config.machines).await? {
                return Ok(Arc::new(MongoMachines::open(database, ambient).await?));
            }
            let database = relational(&None, &sqlite::MIGRATIONS).await?;
            Ok(Arc::new(SqliteMachines::new(database, ambient)))
        }
        other => Err(Failure::invalid("service", format!("{other} owns nothing that others keep a copy of."))),
    }
}
