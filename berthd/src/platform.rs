//! What one process offers to the services that it composes: configuration, time, keys, files, pipes and limits.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use kit::{Ambient, Failure, InstallationId, MasterKey, ServiceName};
use secrecy::{ExposeSecret as _, SecretString};
use sql::Database;
use wire::Peer;
use wire::auth::{Door, KeyRing};
use wire::drain::Drain;
use wire::limit::Limits;
use wire::peer::Network;
use wire::remote::{UserKeys, VerifierGate};

use crate::config::Config;

/// Shared by all wiring.
pub struct Platform {
    pub ambient: Ambient,
    pub config: Config,
    pub installation: InstallationId,
    pub master: MasterKey,
    pub network: Network,
    pub drain: Drain,
    pub limits: Arc<Limits>,
    /// Whether others than this machine's users can reach the platform.
    pub public: bool,
    /// The files that services opened, which are also the bus.
    pub databases: Mutex<HashMap<ServiceName, Database>>,
}

impl Platform {
    pub fn data_dir(&self) -> &Path {
        &self.config.data_dir
    }

    /// `<data-dir>/<service>.db`, with the bus's tables and the service's own.
    pub async fn database(&self, service: ServiceName, migrations: &sql::Migrations) -> Result<Database, Failure> {
        let path: PathBuf = self.data_dir().join(format!("{service}.db"));
        let database = Database::open(&path, &[&bus::MIGRATIONS, migrations]).await?;
        self.databases.lock().unwrap_or_else(PoisonError::into_inner).insert(service, database.clone());
        Ok(database)
    }

    /// The database that a service's tables are in: on a server where one is named, else its file. Its schema is this
    /// program's, or a later one.
    pub async fn relational(
        &self,
        service: ServiceName,
        url: Option<&SecretString>,
        migrations: &sql::Migrations,
    ) -> Result<Database, Failure> {
        let Some(url) = url else { return self.database(service, migrations).await };
        let database = Database::connect(url.expose_secret())?;
        database.migrate(&[&bus::MIGRATIONS, migrations]).await?;
        Ok(database)
    }

    /// The file that a service opened before.
    pub fn opened(&self, service: ServiceName) -> Result<Database, Failure> {
        let databases = self.databases.lock().unwrap_or_else(PoisonError::into_inner);
        databases.get(&service).cloned().ok_or_else(|| Failure::internal(format!("{service} has no database open")))
    }

    /// Channels from one service to another.
    pub fn peer(&self, caller: ServiceName, callee: ServiceName) -> Peer {
        self.network.connect(caller, callee)
    }

    /// How a service other than user tells who calls.
    pub fn door(&self, service: ServiceName) -> Door {
        let keys = UserKeys::new(&self.peer(service, ServiceName::User));
        Door {
            keys: Arc::new(KeyRing::new(Arc::new(keys), self.ambient.clone())),
            gate: Arc::new(VerifierGate::new(&self.peer(service, ServiceName::Verifier))),
            limits: self.limits.clone(),
        }
    }
}
