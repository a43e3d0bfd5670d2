//! What `berthd doctor` looks at behind the backends' own doors: their settings, and how far their schemas should be.

use berth_docker::config::EngineConfig;
use berth_docker::domain::Identity;
use berth_docker::engine::DockerEngine;
use berth_feed::store::cassandra::look as cassandra;
pub use berth_feed::store::cassandra::look::Facts as CassandraFacts;
use berth_notification::gateways::HttpSms;
use berth_notification::mailers::{Sender, SmtpMailer};
use kit::{Ambient, Failure, InstallationId, MasterKey, ServiceName};
use secrecy::ExposeSecret as _;

use super::{allocation, backings, feed, machines, notification};
use crate::config::{Config, MongoConfig};

/// Refuses what a backend would refuse when it is built.
pub fn settings(config: &Config) -> Result<(), Failure> {
    let site = &config.site;
    EngineConfig::parse(config.data_dir.join("site"), &site.publish_address, &site.subnet_pool)?;
    let sender = Sender::parse(&config.mail_from)?;
    if let Some(url) = &config.smtp_url {
        SmtpMailer::new(url.expose_secret(), sender)?;
    }
    if let Some(url) = &config.notification.sms_url {
        HttpSms::new(url, None, config.notification.sms_from.clone())?;
    }
    Ok(())
}

/// The versions that a service's file is brought to; `None` for who keeps nothing.
pub fn file_versions(service: ServiceName) -> Option<Vec<i64>> {
    let tables = match service {
        ServiceName::User => &berth_user::MIGRATIONS,
        ServiceName::Machines => &berth_machines::store::sqlite::MIGRATIONS,
        ServiceName::Allocation => &allocation::MIGRATIONS,
        ServiceName::Feed => &berth_feed::store::sqlite::MIGRATIONS,
        ServiceName::Verifier => &berth_verifier::store::sqlite::MIGRATIONS,
        ServiceName::Docker => &berth_docker::MIGRATIONS,
        ServiceName::Notification => &notification::MIGRATIONS,
        ServiceName::Interact => return None,
    };
    Some([bus::MIGRATIONS.sqlite_versions(), tables.sqlite_versions()].concat())
}

/// The versions that a service's database on a MySQL server is brought to.
pub fn mysql_versions(service: ServiceName) -> Vec<i64> {
    let tables = match service {
        ServiceName::User => &berth_user::MIGRATIONS,
        ServiceName::Allocation => &allocation::MIGRATIONS,
        _ => &notification::MIGRATIONS,
    };
    [bus::MIGRATIONS.mysql_versions(), tables.mysql_versions()].concat()
}

/// Whether a master key opens what is sealed in user's database; `None` where nothing is.
pub async fn key_fits(config: &Config, master: &MasterKey) -> Result<Option<bool>, Failure> {
    let file = config.data_dir.join("user.db");
    let readers = match &config.user.database_url {
        Some(url) => sql::Database::connect(url.expose_secret())?.readers().clone(),
        None if file.exists() => sql::look::readers_of_file(&file),
        None => return Ok(None),
    };
    berth_user::store::sql::look::master_fits(&readers, master).await
}

/// The names of the steps that a service's MongoDB database is brought through.
pub fn document_steps(service: ServiceName) -> Vec<String> {
    match service {
        ServiceName::Machines => {
            mongo::look::names(&[mongo::outbox::MIGRATIONS, berth_machines::store::mongo::MIGRATIONS])
        }
        _ => mongo::look::names(&[mongo::inbox::MIGRATIONS, berth_verifier::store::mongo::MIGRATIONS]),
    }
}

/// A service's database on MongoDB, where one is named.
pub async fn documents(service: ServiceName, config: &MongoConfig) -> Result<Option<mongo::Database>, Failure> {
    backings::documents(service, config).await
}

/// The names of the steps that the feed's keyspace is brought through.
pub fn feed_steps() -> Vec<String> {
    cassandra::names()
}

/// What the feed's Cassandra says of itself; `None` where none is named.
pub async fn look_at_feed(config: &Config) -> Option<Result<CassandraFacts, String>> {
    Some(cassandra::look(&feed::settings(config)?).await)
}

/// The engine, as the docker service would reach it.
pub fn engine(config: &Config, ambient: &Ambient) -> DockerEngine {
    let identity = Identity { installation: InstallationId::mint(ambient), site: config.site.id.clone() };
    DockerEngine::new(identity, config.site.publish_address.clone(), None)
}

/// The images of the machines that an empty catalogue is filled with.
pub fn images(config: &Config) -> Result<Vec<String>, Failure> {
    let files = machines::catalogue(config.catalogue.as_deref())?;
    let specs = berth_machines::use_cases::read(&files).into_iter();
    Ok(specs.filter_map(Result::ok).map(|spec| spec.image.clone()).collect())
}

/// Connects to the mail server, and logs in where the URL says how; sends nothing. `None` where none is named.
pub async fn look_at_mail(config: &Config) -> Option<Result<(), String>> {
    let url = config.smtp_url.as_ref()?;
    let mailer = Sender::parse(&config.mail_from).and_then(|sender| SmtpMailer::new(url.expose_secret(), sender));
    Some(match mailer {
        Ok(mailer) => mailer.look().await,
        Err(failure) => Err(failure.detail),
    })
}

/// Asks the gateway for text messages for nothing, and without its token: its status. `None` where none is named.
pub async fn look_at_texts(config: &Config) -> Option<Result<u16, String>> {
    let url = config.notification.sms_url.as_ref()?;
    Some(match HttpSms::new(url, None, config.notification.sms_from.clone()) {
        Ok(gateway) => gateway.look().await,
        Err(failure) => Err(failure.detail),
    })
}
