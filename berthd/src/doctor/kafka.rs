//! Kafka: brokers that clients can reach where they are told to go, and topics as `berthd migrate` makes them.

use std::sync::Arc;
use std::time::Duration;

use bus::Topic;
use bus::kafka::topics::{self, Difference, Look};
use futures::future::join_all;
use kit::{Failure, ServiceName};
use tokio::net::TcpStream;

use super::context::Context;
use super::finding::{Check, Finding, listed};
use super::table::{Area, Job};
use crate::serve::events;

const REACHABLE: Check = Check::new("kafka.reachable", "A broker answers");
const BROKERS: Check = Check::new("kafka.brokers", "Every broker can be reached where it tells its clients to come");
const REPLICATION: Check = Check::new("kafka.replication", "There are as many brokers as each record has copies");
const TOPICS: Check = Check::new("kafka.topics", "Every topic is there");
const SETTINGS: Check =
    Check::new("kafka.settings", "Every topic has the partitions, copies and settings that `berthd migrate` makes");

pub const AREA: Area = Area {
    name: "Kafka",
    when: "for `berthd serve`, where `kafka.brokers` is set",
    checks: &[REACHABLE, BROKERS, REPLICATION, TOPICS, SETTINGS],
    jobs,
};

/// How long a broker may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(2);

fn jobs(context: &Arc<Context>) -> Vec<Job> {
    let silent = context.topology.apart().iter().all(|service| *service == ServiceName::Interact);
    let Ok(settings) = events::settings(&context.config) else { return Vec::new() };
    if silent {
        return Vec::new();
    }
    let wanted = context.config.kafka.replication_factor;
    vec![Job::new(REACHABLE, async move {
        let every: Vec<Topic> = Topic::all().collect();
        match topics::look(&settings, &every).await {
            Err(failure) => vec![away(&failure, &settings.brokers)],
            Ok(look) => {
                let refused = join_all(look.brokers.iter().map(|broker| refused(broker))).await;
                judge(&look, &refused.into_iter().flatten().collect::<Vec<_>>(), wanted)
            }
        }
    })]
}

/// The broker with why it cannot be reached; `None` where it can.
async fn refused(broker: &str) -> Option<(String, String)> {
    let why = match tokio::time::timeout(CONNECT, TcpStream::connect(broker)).await {
        Ok(Ok(_)) => return None,
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer in {} s", CONNECT.as_secs()),
    };
    Some((broker.to_owned(), why))
}

fn away(failure: &Failure, brokers: &str) -> Finding {
    let said = failure.operator.clone().unwrap_or_else(|| failure.detail.clone());
    REACHABLE.wrong(
        format!("no broker of {brokers} answers: {said}"),
        "start Kafka, or correct kafka.brokers (BERTH_KAFKA__BROKERS), host:port of a few brokers",
    )
}

fn judge(look: &Look, refused: &[(String, String)], wanted: u8) -> Vec<Finding> {
    let mut findings = vec![REACHABLE.ok(match look.brokers.len() {
        1 => "one broker answers".to_owned(),
        many => format!("one of {many} brokers answers"),
    })];
    findings.extend(brokers(look, refused));
    findings.push(replication(look.brokers.len(), wanted));
    findings.push(topics_there(look));
    findings.extend(settings(&look.different));
    findings
}

fn brokers(look: &Look, refused: &[(String, String)]) -> Vec<Finding> {
    if refused.is_empty() {
        return vec![BROKERS.ok(format!("clients are sent to {}", listed(&look.brokers)))];
    }
    let wrong = |(broker, why): &(String, String)| {
        BROKERS.wrong(
            format!("clients are sent to {broker}, which cannot be reached from here: {why}"),
            "correct advertised.listeners in that broker's configuration: a name that every service resolves",
        )
    };
    refused.iter().map(wrong).collect()
}

fn replication(brokers: usize, wanted: u8) -> Finding {
    if usize::from(wanted) > brokers {
        return REPLICATION.wrong(
            format!("each record should have {wanted} copies, and there are {brokers} brokers: no topic can be made"),
            format!("set kafka.replication_factor = {brokers}, or add brokers"),
        );
    }
    if wanted < 3 && brokers >= 3 {
        return REPLICATION.warning(
            format!("there are {brokers} brokers, and each record has {wanted}: one lost disk may lose events"),
            "set kafka.replication_factor = 3 before the topics are made; see kafka-reassign-partitions for those that are",
        );
    }
    REPLICATION.ok(format!("{wanted} on {brokers}"))
}

fn topics_there(look: &Look) -> Finding {
    match look.missing.len() {
        0 => TOPICS.ok(format!("all {} are there", look.wanted)),
        all if all == look.wanted => TOPICS.wrong(format!("none of the {all} topics is there"), "berthd migrate"),
        some => TOPICS
            .wrong(format!("{some} of {} topics are missing: {}", look.wanted, few(&look.missing)), "berthd migrate"),
    }
}

fn few(names: &[String]) -> String {
    match names {
        [first, second, third, _, ..] => format!("{first}, {second}, {third}, …"),
        few => listed(few),
    }
}

/// A difference is told with what to do behind a colon.
fn settings(different: &[Difference]) -> Vec<Finding> {
    if different.is_empty() {
        return vec![SETTINGS.ok("they are as `berthd migrate` makes them")];
    }
    let finding = |Difference(told): &Difference| {
        let (what, advice) = told.split_once(": ").unwrap_or((told, "see docs/doctor.md"));
        // Order per subject does not hold over another number of partitions; all else costs only when something is lost.
        if what.contains(" partitions ") { SETTINGS.wrong(what, advice) } else { SETTINGS.warning(what, advice) }
    };
    different.iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::super::testing::{is, only};
    use super::*;

    fn look() -> Look {
        Look { brokers: vec!["one:9092".into()], wanted: 20, ..Look::default() }
    }

    #[test]
    fn a_good_broker_is_well_in_all_respects() {
        let found = judge(&look(), &[], 1);
        assert_eq!(found.len(), AREA.checks.len());
        assert!(found.iter().all(|finding| finding.level == Level::Ok), "{found:#?}");
    }

    #[test]
    fn brokers_are_reached_where_they_say() {
        let refused = [("one:9092".to_owned(), "no such host".to_owned())];
        is(only(&judge(&look(), &refused, 1), "kafka.brokers"), Level::Wrong, "advertised.listeners");
        is(only(&judge(&look(), &[], 3), "kafka.replication"), Level::Wrong, "kafka.replication_factor = 1");
        let three = Look { brokers: vec!["a:1".into(), "b:1".into(), "c:1".into()], ..look() };
        is(only(&judge(&three, &[], 1), "kafka.replication"), Level::Warning, "kafka.replication_factor = 3");
        is(&away(&Failure::internal("x"), "one:9092"), Level::Wrong, "BERTH_KAFKA__BROKERS");
    }

    #[test]
    fn topics_are_there_and_as_they_should_be() {
        let missing = |count: usize| Look { missing: vec!["berth.user.v1".into(); count], ..look() };
        is(&topics_there(&missing(1)), Level::Wrong, "berthd migrate");
        assert!(topics_there(&missing(20)).told.starts_with("none"));
        assert!(topics_there(&missing(5)).told.ends_with('…'));
        let different = [
            Difference("t has 3 partitions and not 12: delete it".into()),
            Difference("t has cleanup.policy delete and not compact: `kafka-configs --alter`".into()),
        ];
        let found = settings(&different);
        is(&found[0], Level::Wrong, "delete it");
        is(&found[1], Level::Warning, "kafka-configs --alter");
    }

    #[tokio::test]
    async fn a_port_that_nobody_has_is_refused() {
        assert!(refused("127.0.0.1:1").await.is_some());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        assert_eq!(refused(&listener.local_addr().unwrap().to_string()).await, None);
    }
}
