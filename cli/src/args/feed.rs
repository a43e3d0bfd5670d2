//! Arguments of what people say about machines.

use clap::{Args as Group, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use super::{Consent, parse};
use crate::complete;

#[derive(Debug, Subcommand)]
pub enum Comments {
    /// List a machine's comments, newest first
    #[command(after_help = examples!("berth comments ls redis --limit 10"))]
    Ls {
        #[command(flatten)]
        target: Machine,
        /// How many at most
        #[arg(long, value_name = "N", value_parser = parse::most(), default_value_t = 50)]
        limit: usize,
    },
    /// Say something about a machine
    #[command(after_help = examples!("berth comments add redis 'Fast and small.'"))]
    Add {
        #[command(flatten)]
        target: Machine,
        text: String,
    },
    /// Say it otherwise
    #[command(after_help = examples!("berth comments edit redis 0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a 'Small and fast.'"))]
    Edit {
        #[command(flatten)]
        target: Comment,
        text: String,
    },
    /// Take a comment back; admins may do so with any
    #[command(after_help = examples!("berth comments rm redis 0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a --yes"))]
    Rm {
        #[command(flatten)]
        target: Comment,
        #[command(flatten)]
        consent: Consent,
    },
}

#[derive(Debug, Group)]
pub struct Machine {
    /// The machine's name or id
    #[arg(add = ArgValueCompleter::new(complete::machines))]
    pub machine: String,
}

#[derive(Debug, Group)]
pub struct Comment {
    /// The machine's name or id
    #[arg(add = ArgValueCompleter::new(complete::machines))]
    pub machine: String,
    /// The comment's id
    #[arg(value_parser = parse::id)]
    pub id: String,
}
