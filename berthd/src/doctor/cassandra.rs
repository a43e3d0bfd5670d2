//! The feed's keyspace on Cassandra or `ScyllaDB`.

use std::collections::HashMap;
use std::sync::Arc;

use kit::ServiceName;

use super::clock;
use super::context::Context;
use super::finding::{Check, Finding};
use super::schema::{self, Newer};
use super::table::{Area, Job};
use crate::wiring::looks::{self, CassandraFacts};

const REACHABLE: Check = Check::new("cassandra.reachable", "A node answers, and takes this role");
const VERSION: Check = Check::new("cassandra.version", "It is Cassandra 4 or newer, or ScyllaDB");
const REPLICATION: Check =
    Check::new("cassandra.replication", "Rows have copies enough, and no more than there are nodes");
const AGREEMENT: Check = Check::new("cassandra.agreement", "All nodes have the same schema");
const SCHEMA: Check = Check::new("cassandra.schema", "No migration is one that this program does not know");

pub const AREA: Area = Area {
    name: "Cassandra",
    when: "for feed, where `feed.cassandra` is set",
    checks: &[REACHABLE, VERSION, REPLICATION, AGREEMENT, SCHEMA],
    jobs,
};

fn jobs(context: &Arc<Context>) -> Vec<Job> {
    if !context.topology.apart().contains(&ServiceName::Feed) || context.config.feed.cassandra.is_none() {
        return Vec::new();
    }
    let context = context.clone();
    vec![Job::new(REACHABLE, async move {
        match looks::look_at_feed(&context.config).await {
            None => Vec::new(),
            Some(Err(why)) => vec![not_seen(&why)],
            Some(Ok(facts)) => {
                let mut findings = judge(&facts, context.config.feed.replication);
                findings.push(clock::skew(facts.clock, context.ambient.now()).about("feed"));
                findings
            }
        }
    })]
}

fn not_seen(why: &str) -> Finding {
    let refused = ["uthenticat", "redentials", "nauthorized"].iter().any(|word| why.contains(word));
    if refused {
        return REACHABLE.wrong(
            format!("the nodes refuse this role: {why}"),
            "correct feed.user and feed.password_file, or CREATE ROLE … WITH PASSWORD … AND LOGIN = true",
        );
    }
    REACHABLE.wrong(
        format!("no node answers: {why}"),
        "start it, or correct feed.cassandra (BERTH_FEED__CASSANDRA), host:port of a few nodes",
    )
}

fn judge(facts: &CassandraFacts, wanted: u8) -> Vec<Finding> {
    vec![
        REACHABLE.ok(format!("a node answers, of {}", facts.nodes)),
        version(&facts.version),
        replication(facts, wanted),
        agreement(facts.schemas),
        schema::judge(SCHEMA, &facts.applied, &looks::feed_steps(), Newer::Shared),
    ]
}

/// What `ScyllaDB` calls itself for clients of Cassandra's.
const SCYLLA: &str = "3.0.8";

fn version(version: &str) -> Finding {
    let major: u32 = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
    match version {
        SCYLLA => VERSION.ok("ScyllaDB"),
        old if major < 4 => {
            VERSION.warning(format!("Berth is not tried with Cassandra {old}"), "upgrade it to Cassandra 4.1 or 5")
        }
        other => VERSION.ok(format!("Cassandra {other}")),
    }
}

/// Copies in all, and in the data centre that has the most.
fn copies(replication: &HashMap<String, String>) -> usize {
    let counts = replication.iter().filter(|(name, _)| *name != "class");
    counts.filter_map(|(_, count)| count.parse::<usize>().ok()).sum()
}

fn replication(facts: &CassandraFacts, wanted: u8) -> Finding {
    let nodes = facts.nodes;
    let node_word = if nodes == 1 { "1 node".to_owned() } else { format!("{nodes} nodes") };
    let Some(made) = &facts.replication else {
        let wanted = usize::from(wanted);
        if wanted > nodes {
            return REPLICATION.wrong(
                format!(
                    "the keyspace would be made with {wanted} copies, and there are {node_word}: too few would answer"
                ),
                format!("set feed.replication = {nodes}, or add nodes first"),
            );
        }
        if wanted == 1 && nodes >= 3 {
            return REPLICATION.warning(
                format!(
                    "the keyspace would be made with one copy on {node_word}: a node that is lost takes its rows along"
                ),
                "set feed.replication = 3 before the first start, and feed.data_centre",
            );
        }
        return REPLICATION.ok(format!("the keyspace is not made yet; it gets {wanted} of {node_word}"));
    };
    let (count, class) =
        (copies(made), made.get("class").map_or("", |class| class.rsplit('.').next().unwrap_or(class)));
    if count > nodes {
        return REPLICATION.wrong(
            format!("the keyspace has {count} copies, and there are {node_word}: too few answer"),
            "add nodes, or ALTER KEYSPACE … WITH replication = … and run nodetool repair",
        );
    }
    if count == 1 && nodes >= 3 {
        return REPLICATION.warning(
            format!("the keyspace has one copy on {node_word}: a node that is lost takes its rows along"),
            "ALTER KEYSPACE … WITH replication = … to 3 copies, and run nodetool repair",
        );
    }
    if class == "SimpleStrategy" && facts.data_centres.len() > 1 {
        return REPLICATION.warning(
            format!("SimpleStrategy does not know of the {} data centres", facts.data_centres.len()),
            "ALTER KEYSPACE … WITH replication = {'class': 'NetworkTopologyStrategy', …}, repair, set feed.data_centre",
        );
    }
    REPLICATION.ok(format!("{class} with {count} of {node_word}"))
}

fn agreement(schemas: usize) -> Finding {
    if schemas <= 1 {
        return AGREEMENT.ok("all nodes have the same schema");
    }
    AGREEMENT.warning(
        format!("nodes have {schemas} different schemas: migrations wait until they agree"),
        "see `nodetool describecluster`; restart the nodes that differ",
    )
}

#[cfg(test)]
mod tests {
    use kit::Timestamp;

    use super::super::finding::Level;
    use super::super::testing::{is, only};
    use super::*;

    fn replicated(class: &str, copies: &str) -> HashMap<String, String> {
        [("class".to_owned(), class.to_owned()), ("replication_factor".to_owned(), copies.to_owned())].into()
    }

    fn facts() -> CassandraFacts {
        CassandraFacts {
            version: "5.0.4".into(),
            nodes: 3,
            data_centres: vec!["one".into()],
            schemas: 1,
            replication: Some(replicated("org.apache.cassandra.locator.SimpleStrategy", "3")),
            applied: looks::feed_steps(),
            clock: Timestamp::from_micros(0),
        }
    }

    #[test]
    fn a_good_cluster_is_well_in_all_respects() {
        let found = judge(&facts(), 3);
        assert_eq!(found.len(), AREA.checks.len());
        assert!(found.iter().all(|finding| finding.level == Level::Ok), "{found:#?}");
    }

    #[test]
    fn copies_are_as_many_as_nodes_can_keep() {
        let of = |facts: CassandraFacts, wanted| replication(&facts, wanted);
        is(&of(CassandraFacts { nodes: 1, ..facts() }, 3), Level::Wrong, "nodetool repair");
        is(
            &of(CassandraFacts { replication: Some(replicated("SimpleStrategy", "1")), ..facts() }, 1),
            Level::Warning,
            "ALTER KEYSPACE",
        );
        is(&of(CassandraFacts { replication: None, ..facts() }, 1), Level::Warning, "feed.replication = 3");
        is(&of(CassandraFacts { replication: None, nodes: 1, ..facts() }, 3), Level::Wrong, "feed.replication = 1");
        let centres = vec!["one".into(), "two".into()];
        is(&of(CassandraFacts { data_centres: centres, ..facts() }, 3), Level::Warning, "NetworkTopologyStrategy");
    }

    #[test]
    fn what_else_is_not_well_is_told() {
        is(&version("3.11.4"), Level::Warning, "upgrade");
        assert_eq!(version(SCYLLA).told, "ScyllaDB");
        is(&agreement(2), Level::Warning, "nodetool describecluster");
        is(&not_seen("refused"), Level::Wrong, "BERTH_FEED__CASSANDRA");
        is(&not_seen("Authentication failed"), Level::Wrong, "feed.password_file");
        let newer = judge(&CassandraFacts { applied: vec!["9999_x".into()], ..facts() }, 3);
        is(only(&newer, "cassandra.schema"), Level::Warning, "upgrade");
    }
}
