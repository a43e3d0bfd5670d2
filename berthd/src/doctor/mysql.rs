//! The databases on MySQL or MariaDB servers: reached, new enough, theirs to change, durable, and how far their schemas are.

use std::sync::Arc;

use kit::ServiceName;
use secrecy::{ExposeSecret as _, SecretString};
use sql::look::{NotSeen, ServerFacts, look_at_server};

use super::clock;
use super::context::Context;
use super::finding::{Check, Finding, listed};
use super::schema::{self, Newer};
use super::table::{Area, Job};
use crate::wiring;

const REACHABLE: Check = Check::new("mysql.reachable", "The server answers, and takes this account for this database");
const VERSION: Check = Check::new("mysql.version", "It is MariaDB 10.11, MySQL 8, or newer");
const TEXT: Check = Check::new("mysql.text", "The database keeps all of Unicode (utf8mb4)");
const RIGHTS: Check = Check::new("mysql.rights", "The account may read, write, and change the schema");
const TRIGGERS: Check =
    Check::new("mysql.triggers", "The account may make triggers, which user's audit list is kept by");
const DURABLE: Check = Check::new("mysql.durable", "What was committed is on the disk, and the server takes writes");
const CONNECTIONS: Check = Check::new("mysql.connections", "There are connections enough for the replicas");
const SCHEMA: Check = Check::new("mysql.schema", "No migration is one that this program does not know");

pub const AREA: Area = Area {
    name: "MySQL",
    when: "for user, allocation and notification, where `database_url` is set",
    checks: &[REACHABLE, VERSION, TEXT, RIGHTS, TRIGGERS, DURABLE, CONNECTIONS, SCHEMA],
    jobs,
};

/// What each of a service's processes takes at most.
const EACH: i64 = 16;

fn jobs(context: &Arc<Context>) -> Vec<Job> {
    let config = &context.config;
    let urls = [
        (ServiceName::User, &config.user.database_url),
        (ServiceName::Allocation, &config.allocation.database_url),
        (ServiceName::Notification, &config.notification.database_url),
    ];
    let wanted = urls.into_iter().filter(|(service, _)| context.topology.apart().contains(service));
    let job = |(service, url): (ServiceName, &Option<SecretString>)| {
        let (url, ambient) = (url.clone()?, context.ambient.clone());
        let work = async move {
            match look_at_server(url.expose_secret()).await {
                Err(why) => vec![not_seen(service, why)],
                Ok(facts) => {
                    let mut findings = judge(service, &facts);
                    findings.push(clock::skew(facts.clock, ambient.now()));
                    findings
                }
            }
        };
        Some(Job::new(REACHABLE, work).about(service))
    };
    wanted.filter_map(job).collect()
}

fn not_seen(service: ServiceName, why: NotSeen) -> Finding {
    let key = format!("{service}.database_url (BERTH_{}__DATABASE_URL)", service.as_str().to_uppercase());
    match why {
        NotSeen::NotAUrl => REACHABLE
            .wrong("this is no URL of a MySQL server", format!("set {key} to mysql://user:password@host:3306/name")),
        NotSeen::Away(told) => REACHABLE.wrong(
            format!("the server does not answer: {told}"),
            format!("start it, or correct host and port in {key}"),
        ),
        NotSeen::Denied(told) => REACHABLE.wrong(
            format!("the server refuses this account: {told}"),
            format!("correct user and password in {key}, or GRANT ALL ON its database to that user"),
        ),
        NotSeen::NoDatabase(told) => REACHABLE.wrong(
            format!("there is no such database: {told}"),
            format!("CREATE DATABASE name CHARACTER SET utf8mb4, or correct the name in {key}"),
        ),
    }
}

fn judge(service: ServiceName, facts: &ServerFacts) -> Vec<Finding> {
    let mut findings = vec![REACHABLE.ok("it answers and takes this account"), version(&facts.version), text(facts)];
    findings.push(rights(&facts.grants));
    if service == ServiceName::User {
        findings.push(triggers(facts));
    }
    let known = wiring::looks::mysql_versions(service);
    findings.extend([durable(facts), connections(facts), schema::judge(SCHEMA, &facts.applied, &known, Newer::Shared)]);
    findings
}

fn version(version: &str) -> Finding {
    let (name, least) = if version.contains("MariaDB") { ("MariaDB", (10, 11)) } else { ("MySQL", (8, 0)) };
    // `5.5.5-10.11.6-MariaDB`: what old clients are told comes first.
    let own = version.strip_prefix("5.5.5-").unwrap_or(version);
    let mut numbers = own.split(['.', '-']).map_while(|number| number.parse::<u32>().ok());
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < least {
        let told = format!("{name} {own} is older than {}.{}, the oldest that Berth is tried with", least.0, least.1);
        return VERSION.wrong(told, format!("upgrade the server to {name} {}.{} or newer", least.0, least.1));
    }
    VERSION.ok(format!("{name} {own}"))
}

fn text(facts: &ServerFacts) -> Finding {
    if facts.character_set == "utf8mb4" {
        return TEXT.ok("utf8mb4");
    }
    let told = format!("the database's character set is {}, which cannot keep every letter", facts.character_set);
    TEXT.warning(told, "ALTER DATABASE name CHARACTER SET utf8mb4, before `berthd migrate` makes the tables")
}

const NEEDED: [&str; 7] = ["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "INDEX"];

/// Of all grants together: one for another database counts too much, which is seen when the first statement is refused.
fn rights(grants: &[String]) -> Finding {
    let missing: Vec<&str> = NEEDED.into_iter().filter(|right| !has(grants, right)).collect();
    if missing.is_empty() {
        return RIGHTS.ok("it may read, write and migrate");
    }
    let told = format!("the account lacks {}, which serving or migrating needs", listed(&missing));
    RIGHTS.wrong(told, format!("GRANT {}, DROP, REFERENCES, TRIGGER ON name.* TO this account", missing.join(", ")))
}

fn has(grants: &[String], right: &str) -> bool {
    let given = |grant: &String| {
        let Some(given) = grant.strip_prefix("GRANT ").and_then(|rest| rest.split(" ON ").next()) else { return false };
        given.split(',').map(str::trim).any(|given| given == right || given.starts_with("ALL PRIVILEGES"))
    };
    grants.iter().any(given)
}

fn triggers(facts: &ServerFacts) -> Finding {
    if !has(&facts.grants, "TRIGGER") {
        return TRIGGERS.wrong("the account lacks TRIGGER", "GRANT TRIGGER ON name.* TO this account");
    }
    // SUPER is of the whole server, never of one database.
    let global: Vec<String> = facts.grants.iter().filter(|grant| grant.contains(" ON *.* ")).cloned().collect();
    if facts.binary_log && !facts.trusts_function_creators && !has(&global, "SUPER") {
        return TRIGGERS.wrong(
            "the server has a binary log and makes no triggers for accounts without SUPER",
            "SET GLOBAL log_bin_trust_function_creators = 1, and the same in its configuration",
        );
    }
    TRIGGERS.ok("it may make triggers")
}

fn durable(facts: &ServerFacts) -> Finding {
    if facts.read_only {
        let told = "the server is read only: perhaps a replica, or it changes hands";
        return DURABLE.wrong(told, "name the primary in the URL, or SET GLOBAL read_only = 0");
    }
    if !facts.flushes_at_commit {
        let told =
            "what was committed may be lost when the server's machine stops (innodb_flush_log_at_trx_commit is not 1)";
        return DURABLE
            .warning(told, "SET GLOBAL innodb_flush_log_at_trx_commit = 1, and the same in its configuration");
    }
    DURABLE.ok("commits are flushed to the disk")
}

fn connections(facts: &ServerFacts) -> Finding {
    let free = facts.max_connections - facts.connected;
    let told = format!("{free} of {} are free, and each process takes up to {EACH}", facts.max_connections);
    let advice = "SET GLOBAL max_connections higher, and the same in its configuration";
    match free {
        free if free < EACH => CONNECTIONS.warning(told, advice),
        // The three services, two replicas each while a new version comes.
        _ if facts.max_connections < 6 * EACH => CONNECTIONS.warning(told, advice),
        _ => CONNECTIONS.ok(told),
    }
}

#[cfg(test)]
mod tests {
    use kit::Timestamp;

    use super::super::finding::Level;
    use super::super::testing::{is, only};
    use super::*;

    fn facts() -> ServerFacts {
        ServerFacts {
            version: "8.4.3".into(),
            character_set: "utf8mb4".into(),
            grants: vec!["GRANT USAGE ON *.* TO `b`@`%`".into(), "GRANT ALL PRIVILEGES ON `b`.* TO `b`@`%`".into()],
            read_only: false,
            binary_log: false,
            trusts_function_creators: false,
            flushes_at_commit: true,
            max_connections: 200,
            connected: 10,
            applied: wiring::looks::mysql_versions(ServiceName::User),
            clock: Timestamp::from_micros(0),
        }
    }

    #[test]
    fn a_good_server_is_well_in_all_respects() {
        let found = judge(ServiceName::User, &facts());
        assert_eq!(found.len(), AREA.checks.len());
        assert!(found.iter().all(|finding| finding.level == Level::Ok), "{found:#?}");
    }

    #[test]
    fn servers_that_are_too_old_are_told_by_name() {
        for well in ["10.11.6-MariaDB-0+deb12u1", "5.5.5-11.4.2-MariaDB", "8.0.36", "8.4.3-log"] {
            assert_eq!(version(well).level, Level::Ok, "{well}");
        }
        is(&version("10.6.12-MariaDB"), Level::Wrong, "MariaDB 10.11");
        is(&version("5.7.44"), Level::Wrong, "MySQL 8.0");
    }

    #[test]
    fn rights_that_are_missing_are_named_with_the_grant() {
        let grants = vec!["GRANT SELECT, INSERT, UPDATE, DELETE ON `b`.* TO `b`@`%`".to_owned()];
        is(&rights(&grants), Level::Wrong, "GRANT CREATE, ALTER, INDEX");
        is(&triggers(&ServerFacts { grants, ..facts() }), Level::Wrong, "GRANT TRIGGER");
        let logged = ServerFacts { binary_log: true, ..facts() };
        is(&triggers(&logged), Level::Wrong, "log_bin_trust_function_creators");
        assert_eq!(triggers(&ServerFacts { trusts_function_creators: true, ..logged }).level, Level::Ok);
    }

    #[test]
    fn what_hurts_later_is_told_now() {
        is(&text(&ServerFacts { character_set: "latin1".into(), ..facts() }), Level::Warning, "utf8mb4");
        is(&durable(&ServerFacts { read_only: true, ..facts() }), Level::Wrong, "primary");
        is(&durable(&ServerFacts { flushes_at_commit: false, ..facts() }), Level::Warning, "innodb_flush_log");
        is(&connections(&ServerFacts { connected: 190, ..facts() }), Level::Warning, "max_connections");
        is(&connections(&ServerFacts { max_connections: 50, ..facts() }), Level::Warning, "max_connections");
        let newer = judge(ServiceName::User, &ServerFacts { applied: vec![999_999], ..facts() });
        is(only(&newer, "mysql.schema"), Level::Warning, "upgrade");
    }

    #[test]
    fn a_server_that_says_nothing_is_told_with_the_key() {
        let key = "BERTH_USER__DATABASE_URL";
        for why in
            [NotSeen::NotAUrl, NotSeen::Away("x".into()), NotSeen::Denied("x".into()), NotSeen::NoDatabase("x".into())]
        {
            is(&not_seen(ServiceName::User, why), Level::Wrong, key);
        }
    }
}
