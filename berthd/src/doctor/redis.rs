//! Redis, where replicas count together: what it forgets lets somebody try a code once more.

use std::sync::Arc;

use cache::look::{Facts, NotSeen, look};

use super::clock;
use super::context::Context;
use super::finding::{Check, Finding, bytes};
use super::table::{Area, Job};

const REACHABLE: Check = Check::new("redis.reachable", "The server answers, takes this account, and takes writes");
const VERSION: Check = Check::new("redis.version", "It is Redis 6 or newer");
const DURABLE: Check = Check::new("redis.durable", "It keeps what it counted over a restart (appendonly)");
const EVICTION: Check = Check::new("redis.eviction", "It throws nothing away to make room (noeviction)");
const ACCESS: Check = Check::new("redis.access", "Whoever is not on its machine needs a password");

pub const AREA: Area = Area {
    name: "Redis",
    when: "for `berthd serve`, where `redis.url` is set",
    checks: &[REACHABLE, VERSION, DURABLE, EVICTION, ACCESS],
    jobs,
};

fn jobs(context: &Arc<Context>) -> Vec<Job> {
    let Some(url) = context.config.redis.url.clone().filter(|_| !context.is_embedded()) else { return Vec::new() };
    let ambient = context.ambient.clone();
    vec![Job::new(REACHABLE, async move {
        match look(&url).await {
            Err(why) => vec![not_seen(why)],
            Ok(facts) => {
                let mut findings = judge(&facts);
                findings.push(clock::skew(facts.clock, ambient.now()).about("redis"));
                findings
            }
        }
    })]
}

const KEY: &str = "redis.url (BERTH_REDIS__URL)";

fn not_seen(why: NotSeen) -> Finding {
    match why {
        NotSeen::NotAUrl => REACHABLE.wrong(
            "this is no URL of a Redis",
            format!("set {KEY} to redis://user:password@host:6379, or redis+cluster:// and some nodes with commas"),
        ),
        NotSeen::Away(told) => REACHABLE.wrong(
            format!("the server does not answer: {told}"),
            format!("start it, or correct host and port in {KEY}"),
        ),
        NotSeen::Denied(told) => REACHABLE.wrong(
            format!("the server refuses this account: {told}"),
            format!(
                "correct user and password in {KEY}; with ACLs it needs +@all, or at least +info +time and scripts"
            ),
        ),
    }
}

fn judge(facts: &Facts) -> Vec<Finding> {
    vec![reachable(&facts.role), version(&facts.version), durable(facts), eviction(facts), access(facts)]
}

fn reachable(role: &str) -> Finding {
    if role == "master" {
        return REACHABLE.ok("it answers and takes writes");
    }
    REACHABLE.wrong("this is a replica, which takes no writes", format!("name the master in {KEY}"))
}

fn version(version: &str) -> Finding {
    let major: u32 = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
    if major < 6 {
        return VERSION.wrong(format!("Redis {version} does not speak RESP3"), "upgrade it to Redis 6 or newer");
    }
    VERSION.ok(format!("Redis {version}"))
}

fn durable(facts: &Facts) -> Finding {
    if facts.append_only {
        return DURABLE.ok("appendonly");
    }
    DURABLE.warning(
        "it forgets its counts when it restarts: tries of codes and passwords begin anew",
        "CONFIG SET appendonly yes, and the same in its configuration",
    )
}

fn eviction(facts: &Facts) -> Finding {
    match (facts.eviction.as_str(), facts.max_memory) {
        ("noeviction", 0) => EVICTION.ok("noeviction, and no limit of memory"),
        ("noeviction", most) => EVICTION.ok(format!("noeviction, up to {}", bytes(most))),
        (policy, 0) => EVICTION.ok(format!("{policy}, without a limit of memory it throws nothing away")),
        (policy, _) => EVICTION.warning(
            format!("{policy}: under pressure it throws counts away, and tries of codes begin anew"),
            "CONFIG SET maxmemory-policy noeviction, and the same in its configuration",
        ),
    }
}

fn access(facts: &Facts) -> Finding {
    match (facts.authenticated, facts.is_here) {
        (true, _) => ACCESS.ok("with a password"),
        (false, true) => ACCESS.ok("without a password, on this machine"),
        (false, false) => ACCESS.warning(
            "nobody needs a password: whoever reaches it may undo every limit",
            format!("set requirepass or an ACL user there, and put user:password@ into {KEY}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use kit::Timestamp;

    use super::super::finding::Level;
    use super::super::testing::{is, only};
    use super::*;

    fn facts() -> Facts {
        Facts {
            version: "7.0.15".into(),
            role: "master".into(),
            append_only: true,
            eviction: "noeviction".into(),
            max_memory: 1 << 30,
            authenticated: true,
            is_here: false,
            clock: Timestamp::from_micros(0),
        }
    }

    #[test]
    fn a_good_server_is_well_in_all_respects() {
        let found = judge(&facts());
        assert_eq!(found.len(), AREA.checks.len());
        assert!(found.iter().all(|finding| finding.level == Level::Ok), "{found:#?}");
    }

    #[test]
    fn what_forgets_or_lets_anybody_in_is_told() {
        let one = |facts: Facts, id: &str, level, advice: &str| is(only(&judge(&facts), id), level, advice);
        one(Facts { role: "slave".into(), ..facts() }, "redis.reachable", Level::Wrong, "master");
        one(Facts { version: "5.0.1".into(), ..facts() }, "redis.version", Level::Wrong, "Redis 6");
        one(Facts { append_only: false, ..facts() }, "redis.durable", Level::Warning, "appendonly yes");
        one(Facts { eviction: "allkeys-lru".into(), ..facts() }, "redis.eviction", Level::Warning, "noeviction");
        one(Facts { authenticated: false, ..facts() }, "redis.access", Level::Warning, "requirepass");
    }

    #[test]
    fn a_server_that_says_nothing_is_told_with_the_key() {
        for why in [NotSeen::NotAUrl, NotSeen::Away("x".into()), NotSeen::Denied("x".into())] {
            is(&not_seen(why), Level::Wrong, "BERTH_REDIS__URL");
        }
    }
}
