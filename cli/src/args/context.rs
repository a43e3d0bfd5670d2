//! Arguments of what people do with contexts.

use clap::{Args as Group, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use super::{Consent, parse};
use crate::complete;

#[derive(Debug, Group)]
pub struct Context {
    /// What to do; `ls` where nothing is said
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the platforms that you named
    #[command(after_help = examples!("berth context ls"))]
    Ls,
    /// Say which is meant from now on
    #[command(after_help = examples!("berth context use work", "berth context use default"))]
    Use {
        #[arg(add = ArgValueCompleter::new(complete::contexts))]
        name: String,
    },
    /// Name a platform; a context has a login of its own
    #[command(after_help = examples!("berth context add work https://berth.example.org"))]
    Add {
        /// 1 to 63 of a-z, 0-9 and -
        #[arg(value_parser = parse::label)]
        name: String,
        #[arg(id = "address", value_name = "URL")]
        url: String,
    },
    /// Forget a context and its login
    #[command(after_help = examples!("berth context rm work --yes"))]
    Rm {
        #[arg(add = ArgValueCompleter::new(complete::contexts))]
        name: String,
        #[command(flatten)]
        consent: Consent,
    },
}
