//! Arguments of what people do with allocations.

use clap::Args as Group;
use clap_complete::engine::ArgValueCompleter;
use kit::{Bytes, Cpu};

use super::{Consent, parse};
use crate::complete;

#[derive(Debug, Group)]
pub struct Create {
    /// The machine's name or id
    #[arg(add = ArgValueCompleter::new(complete::machines))]
    pub machine: String,
    /// The allocation's name; made up where none is given
    #[arg(long)]
    pub name: Option<String>,
    /// A property of the machine; may be given several times
    #[arg(long, short, value_name = "NAME=VALUE", value_parser = parse::property)]
    pub property: Vec<(String, String)>,
    /// Cores, such as 0.5
    #[arg(long, value_parser = parse::cpu)]
    pub cpu: Option<Cpu>,
    /// Memory, such as 512MiB
    #[arg(long)]
    pub memory: Option<Bytes>,
    /// Disk, such as 2GiB
    #[arg(long)]
    pub disk: Option<Bytes>,
    #[command(flatten)]
    pub waiting: Waiting,
}

#[derive(Debug, Group)]
pub struct List {
    /// Only those in this state; removed ones are listed only so
    #[arg(long)]
    pub state: Option<String>,
    /// Only those of this machine, by name or id
    #[arg(long, add = ArgValueCompleter::new(complete::machines))]
    pub machine: Option<String>,
    /// Only the one of this name
    #[arg(long)]
    pub name: Option<String>,
    /// Only those with this text in their name
    #[arg(long, short, value_name = "TEXT")]
    pub query: Option<String>,
    /// In which order
    #[arg(long, value_parser = ["created_at", "-created_at", "name", "-name"], allow_hyphen_values = true)]
    pub sort: Option<String>,
}

#[derive(Debug, Group)]
pub struct Target {
    /// The allocation's name or id
    #[arg(add = ArgValueCompleter::new(complete::allocations))]
    pub allocation: String,
}

#[derive(Debug, Group)]
pub struct Logs {
    #[command(flatten)]
    pub target: Target,
    /// Go on with what comes
    #[arg(long, short)]
    pub follow: bool,
    /// Begin with the last so many lines
    #[arg(long, value_name = "N")]
    pub tail: Option<u32>,
    /// Only lines with this text
    #[arg(long, value_name = "TEXT")]
    pub grep: Option<String>,
}

#[derive(Debug, Group)]
pub struct Events {
    #[command(flatten)]
    pub target: Target,
    /// How many at most
    #[arg(long, value_name = "N", value_parser = parse::most(), default_value_t = 50)]
    pub limit: usize,
}

#[derive(Debug, Group)]
pub struct Change {
    #[command(flatten)]
    pub target: Target,
    #[command(flatten)]
    pub waiting: Waiting,
}

#[derive(Debug, Group)]
pub struct Rename {
    #[command(flatten)]
    pub target: Target,
    /// What it is called from now on: 1 to 63 of a-z, 0-9 and -
    #[arg(value_parser = parse::label)]
    pub name: String,
}

#[derive(Debug, Group)]
pub struct Remove {
    #[command(flatten)]
    pub target: Target,
    /// Also in the middle of another change
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub consent: Consent,
    #[command(flatten)]
    pub waiting: Waiting,
}

#[derive(Debug, Group)]
pub struct Waiting {
    /// Wait until it is so (the default)
    #[arg(long, overrides_with = "no_wait")]
    pub wait: bool,
    /// Come back at once
    #[arg(long, overrides_with = "wait")]
    pub no_wait: bool,
    /// How many seconds to wait at most
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub timeout: u64,
}
