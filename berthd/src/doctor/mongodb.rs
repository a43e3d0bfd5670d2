//! The catalogue's and the verifier's databases on a MongoDB replica set.

use std::sync::Arc;

use kit::ServiceName;
use mongo::look::{Facts, NotSeen};
use secrecy::ExposeSecret as _;

use super::clock;
use super::context::Context;
use super::finding::{Check, Finding, listed};
use super::schema::{self, Newer};
use super::table::{Area, Job};
use crate::config::MongoConfig;
use crate::wiring::looks;

const REACHABLE: Check = Check::new("mongodb.reachable", "A primary answers, and takes this account");
const REPLICAS: Check = Check::new("mongodb.replicas", "It is a replica set, without which there are no transactions");
const VERSION: Check = Check::new("mongodb.version", "It is MongoDB 6.0 or newer");
const RIGHTS: Check = Check::new("mongodb.rights", "The account may read, write, and make collections and indexes");
const SCHEMA: Check = Check::new("mongodb.schema", "No migration is one that this program does not know");

pub const AREA: Area = Area {
    name: "MongoDB",
    when: "for machines and verifier, where `mongodb_url` is set",
    checks: &[REACHABLE, REPLICAS, VERSION, RIGHTS, SCHEMA],
    jobs,
};

fn jobs(context: &Arc<Context>) -> Vec<Job> {
    let of = [(ServiceName::Machines, &context.config.machines), (ServiceName::Verifier, &context.config.verifier)];
    let wanted = of
        .into_iter()
        .filter(|(service, config)| context.topology.apart().contains(service) && config.mongodb_url.is_some());
    let job = |(service, config): (ServiceName, &MongoConfig)| {
        let (config, ambient) = (config.clone(), context.ambient.clone());
        let work = async move {
            let database = match looks::documents(service, &config).await {
                Ok(Some(database)) => database,
                Ok(None) => return Vec::new(),
                Err(failure) => return vec![no_url(service, &failure.detail)],
            };
            match database.look().await {
                Err(why) => vec![not_seen(service, why)],
                Ok(facts) => {
                    let here = config.mongodb_url.as_ref().is_some_and(|url| is_here(url.expose_secret()));
                    let mut findings = judge(service, &facts, here);
                    findings.push(clock::skew(facts.clock, ambient.now()));
                    findings
                }
            }
        };
        Job::new(REACHABLE, work).about(service)
    };
    wanted.map(job).collect()
}

fn key(service: ServiceName) -> String {
    format!("{service}.mongodb_url (BERTH_{}__MONGODB_URL)", service.as_str().to_uppercase())
}

fn no_url(service: ServiceName, told: &str) -> Finding {
    REACHABLE.wrong(told.trim_end_matches('.'), format!("set {} so", key(service)))
}

fn not_seen(service: ServiceName, why: NotSeen) -> Finding {
    match why {
        NotSeen::Away(told) => REACHABLE.wrong(
            format!("no primary answers: {}", first_sentence(&told)),
            format!(
                "start the servers, run rs.initiate() once, or correct the hosts and replicaSet in {}",
                key(service)
            ),
        ),
        NotSeen::Denied(told) => REACHABLE.wrong(
            format!("the servers refuse this account: {}", first_sentence(&told)),
            format!(
                "correct user, password and authSource in {}, or give the user readWrite and dbAdmin",
                key(service)
            ),
        ),
    }
}

/// The driver goes on with all that it knows of each server.
fn first_sentence(told: &str) -> &str {
    told.split(". ").next().unwrap_or(told)
}

/// Whether all hosts of a URL are this machine itself.
fn is_here(url: &str) -> bool {
    let hosts = url.split("://").nth(1).unwrap_or_default().split(['/', '?']).next().unwrap_or_default();
    let hosts = hosts.rsplit('@').next().unwrap_or_default();
    hosts.split(',').all(|host| ["127.", "localhost", "[::1]"].iter().any(|own| host.starts_with(own)))
}

fn judge(service: ServiceName, facts: &Facts, here: bool) -> Vec<Finding> {
    let steps = looks::document_steps(service);
    vec![
        REACHABLE.ok("a primary answers and takes this account"),
        replicas(service, facts),
        version(&facts.version),
        rights(facts, here),
        schema::judge(SCHEMA, &facts.applied, &steps, Newer::Shared),
    ]
}

fn replicas(service: ServiceName, facts: &Facts) -> Finding {
    match &facts.replica_set {
        None => REPLICAS.wrong(
            "it is a server by itself, which has no transactions",
            format!(
                "start mongod with --replSet rs0, run rs.initiate() once, and add ?replicaSet=rs0 to {}",
                key(service)
            ),
        ),
        Some(name) if facts.members == 2 => REPLICAS.warning(
            format!("{name} has 2 members: where either is away, nothing can be written"),
            "add a third member with rs.add()",
        ),
        Some(name) if facts.members == 1 => REPLICAS.ok(format!("{name}, of one member: keep backups")),
        Some(name) => REPLICAS.ok(format!("{name}, of {} members", facts.members)),
    }
}

fn version(version: &str) -> Finding {
    let major: u32 = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
    match major {
        0..=3 => VERSION.wrong(format!("MongoDB {version} is too old"), "upgrade it to MongoDB 6.0 or newer"),
        4 | 5 => {
            VERSION.warning(format!("Berth is not tried with MongoDB {version}"), "upgrade it to MongoDB 6.0 or newer")
        }
        _ => VERSION.ok(format!("MongoDB {version}")),
    }
}

const NEEDED: [&str; 6] = ["find", "insert", "update", "remove", "createCollection", "createIndex"];

fn rights(facts: &Facts, here: bool) -> Finding {
    let Some(actions) = &facts.actions else {
        if here {
            return RIGHTS.ok("nobody has to log in, on this machine");
        }
        let told = "nobody has to log in: whoever reaches the servers may change the catalogue and who may do what";
        return RIGHTS.warning(told, "start mongod with --auth, make a user, and put user:password@ into mongodb_url");
    };
    let missing: Vec<&str> =
        NEEDED.into_iter().filter(|needed| !actions.iter().any(|action| action == needed)).collect();
    if missing.is_empty() {
        return RIGHTS.ok(format!("{} may read, write and migrate", facts.account.as_deref().unwrap_or("the account")));
    }
    RIGHTS.wrong(
        format!("{} lacks {}", facts.account.as_deref().unwrap_or("the account"), listed(&missing)),
        "db.grantRolesToUser(USER, [{role: \"readWrite\", db: DATABASE}, {role: \"dbAdmin\", db: DATABASE}])",
    )
}

#[cfg(test)]
mod tests {
    use kit::Timestamp;

    use super::super::finding::Level;
    use super::super::testing::{is, only};
    use super::*;

    fn facts() -> Facts {
        Facts {
            version: "6.0.5".into(),
            replica_set: Some("rs0".into()),
            members: 3,
            account: Some("berth".into()),
            actions: Some(NEEDED.map(str::to_owned).to_vec()),
            applied: looks::document_steps(ServiceName::Machines),
            clock: Timestamp::from_micros(0),
        }
    }

    #[test]
    fn a_good_replica_set_is_well_in_all_respects() {
        let found = judge(ServiceName::Machines, &facts(), false);
        assert_eq!(found.len(), AREA.checks.len());
        assert!(found.iter().all(|finding| finding.level == Level::Ok), "{found:#?}");
    }

    #[test]
    fn what_it_lacks_is_told_with_what_to_do() {
        let one = |facts: Facts, id: &str, level, advice: &str| {
            is(only(&judge(ServiceName::Machines, &facts, false), id), level, advice);
        };
        one(Facts { replica_set: None, ..facts() }, "mongodb.replicas", Level::Wrong, "rs.initiate()");
        one(Facts { members: 2, ..facts() }, "mongodb.replicas", Level::Warning, "rs.add()");
        one(Facts { version: "3.6.1".into(), ..facts() }, "mongodb.version", Level::Wrong, "6.0");
        one(Facts { version: "5.0.1".into(), ..facts() }, "mongodb.version", Level::Warning, "6.0");
        one(Facts { actions: Some(vec!["find".into()]), ..facts() }, "mongodb.rights", Level::Wrong, "readWrite");
        one(Facts { actions: None, ..facts() }, "mongodb.rights", Level::Warning, "--auth");
        one(Facts { applied: vec!["9999_x".into()], ..facts() }, "mongodb.schema", Level::Warning, "upgrade");
        assert_eq!(rights(&Facts { actions: None, ..facts() }, true).level, Level::Ok);
    }

    #[test]
    fn servers_that_say_nothing_are_told_with_the_key() {
        for why in [NotSeen::Away("x".into()), NotSeen::Denied("x".into())] {
            is(&not_seen(ServiceName::Verifier, why), Level::Wrong, "BERTH_VERIFIER__MONGODB_URL");
        }
        assert_eq!(
            first_sentence("Server selection timeout: No servers. Topology: x"),
            "Server selection timeout: No servers"
        );
    }

    #[test]
    fn a_url_of_this_machine_is_told_from_others() {
        assert!(is_here("mongodb://u:p@127.0.0.1:1,localhost:2/?replicaSet=rs0"));
        assert!(!is_here("mongodb://localhost:1,far:2/d") && !is_here("mongodb+srv://cluster.example.org"));
    }
}
