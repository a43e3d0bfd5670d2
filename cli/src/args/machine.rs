//! Arguments of what people read of the catalogue, and what admins change in it.

use std::path::PathBuf;

use clap::{Args as Group, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use super::{Consent, parse};
use crate::complete;

#[derive(Debug, Group)]
pub struct List {
    /// Only those of this category
    #[arg(long)]
    pub category: Option<String>,
    /// Only the one of this name
    #[arg(long)]
    pub name: Option<String>,
    /// Only those with this text in their name or description
    #[arg(long, short, value_name = "TEXT")]
    pub query: Option<String>,
    /// In which order
    #[arg(long, value_parser = ["name", "-name", "created_at", "-created_at"], allow_hyphen_values = true)]
    pub sort: Option<String>,
    /// Also those that are not offered any more
    #[arg(long, short)]
    pub all: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show a machine: what it runs, and what it can be told
    #[command(after_help = examples!("berth machine show redis"))]
    Show(Target),
    /// Add a machine to the catalogue
    #[command(after_help = examples!("berth machine create redis.yaml", "berth machine create - --json"))]
    Create(Description),
    /// Change a machine: each field of the file takes the place of its own
    #[command(after_help = examples!("berth machine update redis change.yaml", "berth machine update redis change.json --revision 3"))]
    Update(Update),
    /// Offer a machine no more; allocations of it go on
    #[command(after_help = examples!("berth machine deactivate redis"))]
    Deactivate(Target),
    /// Offer a machine again
    #[command(after_help = examples!("berth machine activate redis"))]
    Activate(Target),
    /// Take a machine out of the catalogue; allocations of it go on
    #[command(after_help = examples!("berth machine rm redis --yes"))]
    Rm {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        consent: Consent,
    },
    /// List what a machine was, newest first; a deleted one's by its id
    #[command(after_help = examples!("berth machine revisions redis --limit 5"))]
    Revisions(Revisions),
}

#[derive(Debug, Group)]
pub struct Target {
    /// The machine's name or id
    #[arg(add = ArgValueCompleter::new(complete::machines))]
    pub machine: String,
}

#[derive(Debug, Group)]
pub struct Revisions {
    #[command(flatten)]
    pub target: Target,
    /// How many at most
    #[arg(long, value_name = "N", value_parser = parse::most(), default_value_t = 50)]
    pub limit: usize,
}

#[derive(Debug, Group)]
pub struct Description {
    /// YAML or JSON in the catalogue's form; - for standard input
    pub file: PathBuf,
}

#[derive(Debug, Group)]
pub struct Update {
    #[command(flatten)]
    pub target: Target,
    #[command(flatten)]
    pub description: Description,
    /// Only if the machine is still at this revision; the present one where nothing is said
    #[arg(long, value_name = "N")]
    pub revision: Option<u64>,
}
