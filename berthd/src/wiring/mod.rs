//! One file a service: the only places that join its ports to their backends.

pub mod allocation;
mod backings;
pub mod docker;
pub mod feed;
pub mod interact;
pub mod looks;
pub mod machines;
pub mod moving;
pub mod notification;
pub mod republished;
pub mod restored;
pub mod user;
pub mod verifier;

use kit::{Ambient, Failure, ServiceName};
use secrecy::{ExposeSecret as _, SecretString};
use wire::Service;

use crate::backing::Wired;
use crate::config::Config;
use crate::platform::Platform;

/// One of them, joined and not yet running.
pub async fn one(name: ServiceName, platform: &Platform) -> Result<Wired, Failure> {
    match name {
        ServiceName::User => user::wire(platform).await,
        ServiceName::Machines => machines::wire(platform).await,
        ServiceName::Verifier => verifier::wire(platform).await,
        ServiceName::Docker => docker::wire(platform).await,
        ServiceName::Allocation => allocation::wire(platform).await,
        ServiceName::Feed => feed::wire(platform).await,
        ServiceName::Notification => notification::wire(platform).await,
        ServiceName::Interact => interact::wire(platform).await,
    }
}

/// All eight.
pub async fn all(platform: &Platform) -> Result<Vec<Service>, Failure> {
    let mut services = Vec::with_capacity(ServiceName::ALL.len());
    for name in ServiceName::ALL {
        services.push(one(name, platform).await?.service);
    }
    Ok(services)
}

/// Brings one service's schema up to date, on the servers that the configuration names.
pub async fn migrate(name: ServiceName, config: &Config, ambient: &Ambient) -> Result<(), Failure> {
    let relational = async |url: &Option<SecretString>, tables: &sql::Migrations| {
        let Some(url) = url else { return Ok(()) };
        let database = sql::Database::connect(url.expose_secret())?;
        database.migrate(&[&bus::MIGRATIONS, tables]).await
    };
    match name {
        ServiceName::User => relational(&config.user.database_url, &berth_user::MIGRATIONS).await,
        ServiceName::Allocation => relational(&config.allocation.database_url, &allocation::MIGRATIONS).await,
        ServiceName::Notification => relational(&config.notification.database_url, &notification::MIGRATIONS).await,
        ServiceName::Machines => machines::migrate(config, ambient).await,
        ServiceName::Verifier => verifier::migrate(config).await,
        ServiceName::Feed => feed::migrate(config, ambient).await,
        // One has its file beside its engine, which is migrated when it is opened; the other keeps nothing.
        ServiceName::Docker | ServiceName::Interact => Ok(()),
    }
}
