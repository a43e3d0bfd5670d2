//! `berthd doctor`: looks at a configuration and at everything that it names, and says of each what is wrong and what to do.
//! Changes nothing. A check is a value; judging is apart from looking, so that every judgement has a test.

mod cassandra;
mod clock;
mod context;
mod data;
mod disk;
mod engine;
mod finding;
mod holders;
mod host;
mod identity;
mod kafka;
mod listen;
mod messages;
mod mongodb;
mod mysql;
mod peers;
mod reading;
mod redis;
mod report;
mod schema;
mod secrets;
mod settings;
mod table;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;

use kit::{Ambient, ServiceName};
use tokio::runtime::Runtime;

use crate::config::Config;
use context::{Context, Topology};
use finding::{Finding, Level};
use table::{Area, DEADLINE, examine};

/// What can be looked at, in the order in which it is told.
const AREAS: &[&Area] = &[
    &settings::AREA,
    &data::AREA,
    &identity::AREA,
    &listen::AREA,
    &engine::AREA,
    &host::AREA,
    &mysql::AREA,
    &mongodb::AREA,
    &cassandra::AREA,
    &redis::AREA,
    &kafka::AREA,
    &messages::AREA,
    &peers::AREA,
    &clock::AREA,
];

#[derive(clap::Args)]
pub struct DoctorArguments {
    /// Look at what `berthd serve` of these services needs
    ///
    /// Without any: at what `berthd up` needs, or, where the configuration names servers, at what all eight need.
    services: Vec<ServiceName>,
    /// Where data is kept [default: berth-data]
    #[arg(long, env = "BERTH_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Address and port that REST and WebSocket are served on [default: 127.0.0.1:8080]
    #[arg(long, env = "BERTH_LISTEN")]
    listen: Option<String>,
    /// Address and port that other services are served on
    #[arg(long, env = "BERTH_PEERS__LISTEN")]
    peers_listen: Option<String>,
    /// A configuration file; see docs/configuration.md
    #[arg(long, env = "BERTH_CONFIG")]
    config: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    /// End with 1 for warnings as well
    #[arg(long)]
    strict: bool,
    /// Print what is looked at, as Markdown, and look at nothing
    #[arg(long, conflicts_with_all = ["json", "strict"])]
    list: bool,
}

/// How it ended where it did not end with 0; everything was said already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict(pub u8);

/// Something is wrong, or with `--strict` not quite well.
const WRONG: Verdict = Verdict(1);
/// The configuration cannot be read, so nothing else was looked at.
const UNREADABLE: Verdict = Verdict(2);

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the doctor found something wrong ({})", self.0)
    }
}

impl std::error::Error for Verdict {}

pub fn run(arguments: DoctorArguments, runtime: &Runtime) -> anyhow::Result<()> {
    if arguments.list {
        print!("{}", list());
        return Ok(());
    }
    let (json, strict) = (arguments.json, arguments.strict);
    let (command, findings, readable) = look(arguments, runtime);
    if json {
        println!("{}", report::json(&command, &findings)?);
    } else {
        let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        print!("{}", report::text(&command, &findings, colours));
    }
    match verdict(&findings, readable, strict) {
        None => Ok(()),
        Some(verdict) => Err(verdict.into()),
    }
}

fn verdict(findings: &[Finding], readable: bool, strict: bool) -> Option<Verdict> {
    let worst = findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Ok);
    match worst {
        _ if !readable => Some(UNREADABLE),
        Level::Wrong => Some(WRONG),
        Level::Warning if strict => Some(WRONG),
        Level::Warning | Level::Ok => None,
    }
}

/// What it is for, what was found, and whether the configuration could be read.
fn look(arguments: DoctorArguments, runtime: &Runtime) -> (String, Vec<Finding>, bool) {
    let (mut findings, config) = reading::read(&Config::sources(arguments.config.as_deref()));
    let Some(mut config) = config else {
        return ("a configuration that cannot be read".to_owned(), findings, false);
    };
    findings.extend(secrets::read(&mut config, arguments.config.as_deref()));
    config.data_dir = arguments.data_dir.unwrap_or(config.data_dir);
    config.listen = arguments.listen.unwrap_or(config.listen);
    config.peers.listen = arguments.peers_listen.or(config.peers.listen);
    let topology = Topology::of(&arguments.services, &config);
    let context = Context { config, topology, ambient: Ambient::system() };
    let command = context.topology.command();
    findings.extend(runtime.block_on(examine(AREAS, &Arc::new(context), DEADLINE)));
    (command, findings, true)
}

/// Every check as the manual lists it.
fn list() -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    let reading = [("reading", "always", reading::CHECKS), ("secrets", "always", secrets::CHECKS)];
    let areas = AREAS.iter().map(|area| (area.name, area.when, area.checks));
    for (name, when, checks) in reading.into_iter().chain(areas) {
        let _ = writeln!(text, "\n### {name}: {when}\n\n| check | what is well where it is well |\n|---|---|");
        for check in checks {
            let _ = writeln!(text, "| `{}` | {} |", check.id, check.title);
        }
    }
    text
}
