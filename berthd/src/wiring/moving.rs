//! Where each service's tables go when a platform moves from files to servers.

use std::collections::BTreeMap;

use berth_feed::store::cassandra::CassandraFeed;
use berth_feed::store::sqlite as feed_file;
use berth_machines::store::mongo::MongoMachines;
use berth_machines::store::sqlite as machines_file;
use berth_verifier::store::mongo::MongoReadModel;
use berth_verifier::store::sqlite as verifier_file;
use kit::{Ambient, Failure, ServiceName};
use mongodb::bson::doc;
use secrecy::{ExposeSecret as _, SecretString};
use sql::copying::{Relational, Target};
use sql::tables::Table;
use sql::{Database, Migrations};

use super::backings::documents;
use super::{allocation, feed, notification};
use crate::config::Config;

/// Whose data moves. The docker service's file stays beside its engine; interact keeps nothing.
pub const SERVICES: [ServiceName; 6] = [
    ServiceName::User,
    ServiceName::Machines,
    ServiceName::Allocation,
    ServiceName::Feed,
    ServiceName::Verifier,
    ServiceName::Notification,
];

/// Of the bus's tables: outboxes are empty for all that matters, and places, leases and turns begin anew.
const LEFT: [&str; 7] =
    ["consumer_generation", "consumer_position", "lane", "outbox", "relay", "relay_lease", "task_turn"];
/// What migrations put there already.
const SEEDED: [&str; 1] = ["sequences"];

/// The tables of a service's file.
pub fn tables(service: ServiceName) -> &'static Migrations {
    match service {
        ServiceName::User => &berth_user::MIGRATIONS,
        ServiceName::Machines => &machines_file::MIGRATIONS,
        ServiceName::Allocation => &allocation::MIGRATIONS,
        ServiceName::Feed => &feed_file::MIGRATIONS,
        ServiceName::Verifier => &verifier_file::MIGRATIONS,
        ServiceName::Notification => &notification::MIGRATIONS,
        ServiceName::Docker | ServiceName::Interact => &berth_docker::MIGRATIONS,
    }
}

/// By name, but for what another table has to be there for: machines go before their revisions.
pub fn in_order(tables: &[Table]) -> Vec<&Table> {
    let mut ordered: Vec<&Table> = tables.iter().collect();
    ordered.sort_by_key(|table| (table.name != "machines", table.name.clone()));
    ordered
}

/// The database that a service will have; its schema is up to date.
pub async fn target(service: ServiceName, to: &Config, ambient: &Ambient) -> Result<Box<dyn Target>, Failure> {
    let missing = || Failure::internal(format!("{service} has no server"));
    Ok(match service {
        ServiceName::Machines => {
            let database = documents(service, &to.machines).await?.ok_or_else(missing)?;
            Box::new(MongoMachines::open(database, ambient.clone()).await?)
        }
        ServiceName::Verifier => {
            let database = documents(service, &to.verifier).await?.ok_or_else(missing)?;
            Box::new(MongoReadModel::open(database).await?)
        }
        ServiceName::Feed => {
            let settings = feed::settings(to).ok_or_else(missing)?;
            Box::new(CassandraFeed::connect(settings, ambient.clone()).await?)
        }
        _ => {
            let database = Database::connect(url(service, to).ok_or_else(missing)?.expose_secret())?;
            Box::new(Relational { database, left: &LEFT, seeded: &SEEDED })
        }
    })
}

fn url(service: ServiceName, to: &Config) -> Option<&SecretString> {
    match service {
        ServiceName::User => to.user.database_url.as_ref(),
        ServiceName::Allocation => to.allocation.database_url.as_ref(),
        ServiceName::Notification => to.notification.database_url.as_ref(),
        _ => None,
    }
}

/// Each service's database as people know it, without what lets one in.
pub fn places(to: &Config) -> BTreeMap<String, String> {
    let plain = |url: Option<&SecretString>| {
        let url = url.map(|url| url.expose_secret().to_owned()).unwrap_or_default();
        let (scheme, rest) = url.split_once("://").unwrap_or(("", &url));
        let without = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
        format!("{scheme}://{}", without.split('?').next().unwrap_or_default())
    };
    let document = |service: ServiceName, config: &crate::config::MongoConfig| {
        let name = config.mongodb_database.clone().unwrap_or_else(|| format!("berth_{service}"));
        format!("{} {name}", plain(config.mongodb_url.as_ref()))
    };
    let place = |service: ServiceName| match service {
        ServiceName::Machines => document(service, &to.machines),
        ServiceName::Verifier => document(service, &to.verifier),
        ServiceName::Feed => format!("{} {}", to.feed.cassandra.as_deref().unwrap_or_default(), to.feed.keyspace),
        _ => plain(url(service, to)),
    };
    SERVICES.into_iter().map(|service| (service.to_string(), place(service))).collect()
}

/// Topics that hold events already, under the names that the services will read.
pub async fn filled_topics(to: &Config) -> Result<Vec<String>, Failure> {
    let topics: Vec<bus::Topic> = bus::Topic::all().collect();
    bus::kafka::filled(&crate::serve::events::settings(to)?, &topics).await
}

/// A service that has served from its server. `announced` are those whose outboxes the move filled.
pub async fn served(to: &Config, announced: &[String], ambient: &Ambient) -> Result<Option<ServiceName>, Failure> {
    for service in SERVICES {
        let announced = announced.iter().any(|name| name == service.as_str());
        if has_served(service, to, announced, ambient).await? {
            return Ok(Some(service));
        }
    }
    Ok(None)
}

/// Whoever reads events on a server has an id of its own there; who only announces them has sent what waited.
async fn has_served(service: ServiceName, to: &Config, announced: bool, ambient: &Ambient) -> Result<bool, Failure> {
    let missing = || Failure::internal(format!("{service} has no server"));
    match service {
        ServiceName::Machines => {
            let database = documents(service, &to.machines).await?.ok_or_else(missing)?;
            let any = async |collection: &str| Ok::<_, Failure>(database.find(collection, doc! {}).await?.is_some());
            let sent = announced && any("machines").await? && !any("outbox").await?;
            Ok(sent || any("outbox_leases").await?)
        }
        ServiceName::Verifier => {
            let database = documents(service, &to.verifier).await?.ok_or_else(missing)?;
            Ok(database.find("consumer_generations", doc! {}).await?.is_some())
        }
        ServiceName::Feed => {
            let settings = feed::settings(to).ok_or_else(missing)?;
            CassandraFeed::connect(settings, ambient.clone()).await?.has_served().await
        }
        _ => {
            let database = Database::connect(url(service, to).ok_or_else(missing)?.expose_secret())?;
            database.migrate(&[&bus::MIGRATIONS, tables(service)]).await?;
            bus::outbox::has_served(&database).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_tells_nothing_that_lets_one_in() {
        let mut to = Config::default();
        to.user.database_url = Some("mysql://ada:secret@host:3306/berth_user?x=y".into());
        to.machines.mongodb_url = Some("mongodb://h:1/?replicaSet=rs0".into());
        let places = places(&to);
        assert_eq!(places["user"], "mysql://host:3306/berth_user");
        assert_eq!(places["machines"], "mongodb://h:1/ berth_machines");
    }
}
