//! What happens to allocations. How to connect is told, secrets are not: mail is read in places that nobody knows.

use super::{open, text};
use crate::domain::facts::Allocation;
use crate::domain::letter::{Block, Letter, Material};
use crate::domain::text::{line, log_line, moment};

pub fn running(material: &Material<'_>) -> Letter {
    let Some(allocation) = material.facts.allocation() else { return unnamed(material, "is running") };
    let (name, machine) = named(allocation);
    let mut facts = about(allocation);
    facts.extend(addresses(allocation).into_iter().map(|address| ("Address", address)));
    let mut blocks = vec![
        text(format!("Your allocation {name} is running.")),
        Block::Facts(facts),
        text("How to connect, with credentials, is shown by"),
        command("connect", &name),
    ];
    blocks.extend(open(material));
    let first = addresses(allocation).into_iter().next().map_or_else(String::new, |at| format!(" at {at}"));
    Letter {
        subject: format!("{name} is running"),
        blocks,
        short: format!("Berth: {name} ({machine}) is running{first}."),
    }
}

pub fn failed(material: &Material<'_>) -> Letter {
    let Some(allocation) = material.facts.allocation() else { return unnamed(material, "has failed") };
    let (name, machine) = named(allocation);
    let reason = allocation.reason.as_ref();
    let detail = reason.map_or_else(|| "No reason is known.".to_owned(), |reason| line(&reason.detail));
    let mut facts = about(allocation);
    facts.push(("Reason", detail.clone()));
    facts.extend(reason.map(|reason| ("Code", line(&reason.code))));
    facts.push(("When", moment(material.occurred_at)));
    let mut blocks = vec![text(format!("Your allocation {name} has failed.")), Block::Facts(facts)];
    if !material.log.is_empty() {
        blocks.push(text("The last lines of its log:"));
        blocks.push(Block::Verbatim(material.log.iter().map(|line| log_line(line)).collect()));
    }
    blocks.push(text("Once the cause is mended, start it again:"));
    blocks.push(command("start", &name));
    blocks.extend(open(material));
    Letter {
        subject: format!("{name} has failed"),
        blocks,
        short: format!("Berth: {name} ({machine}) has failed: {detail}"),
    }
}

pub fn removed(material: &Material<'_>) -> Letter {
    let Some(allocation) = material.facts.allocation() else { return unnamed(material, "was removed") };
    let (name, machine) = named(allocation);
    let mut facts = about(allocation);
    facts.push(("When", moment(material.occurred_at)));
    let blocks = vec![
        text(format!(
            "Your allocation {name} was removed. Its name, its port and what it took of your quota are free."
        )),
        Block::Facts(facts),
    ];
    Letter { subject: format!("{name} was removed"), blocks, short: format!("Berth: {name} ({machine}) was removed.") }
}

fn command(verb: &str, name: &str) -> Block {
    Block::Verbatim(vec![format!("berth {verb} {name}")])
}

fn named(allocation: &Allocation) -> (String, String) {
    (line(&allocation.name), line(&allocation.machine_name))
}

fn about(allocation: &Allocation) -> Vec<(&'static str, String)> {
    vec![("Machine", line(&allocation.machine_name)), ("Id", line(&allocation.id))]
}

/// `host:port/protocol` of what is reachable; TCP goes without saying.
fn addresses(allocation: &Allocation) -> Vec<String> {
    let bound = allocation.ports.iter().filter_map(|port| port.host_port.map(|number| (port, number)));
    let host = line(&allocation.host);
    bound
        .map(|(port, number)| match port.protocol.as_str() {
            "tcp" => format!("{host}:{number}"),
            other => format!("{host}:{number}/{}", line(other)),
        })
        .collect()
}

/// A message whose facts were lost still says what happened.
fn unnamed(material: &Material<'_>, what: &str) -> Letter {
    let facts = Block::Facts(vec![("When", moment(material.occurred_at))]);
    Letter {
        subject: format!("An allocation {what}"),
        blocks: vec![text(format!("One of your allocations {what}.")), facts],
        short: format!("Berth: one of your allocations {what}."),
    }
}
