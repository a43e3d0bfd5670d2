//! Commands on the catalogue.

mod change;
mod create;
mod description;
mod list;
mod remove;
mod revisions;
mod show;

pub use list::list;

use super::{ask, find};
use crate::args::machine::Command;
use crate::client::Client;
use crate::failure::Failure;

pub async fn run(client: &Client, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Show(args) => show::run(client, args).await,
        Command::Create(args) => create::run(client, args).await,
        Command::Update(args) => change::update(client, args).await,
        Command::Deactivate(args) => change::offer(client, args, false).await,
        Command::Activate(args) => change::offer(client, args, true).await,
        Command::Rm { target, consent } => remove::run(client, target, *consent).await,
        Command::Revisions(args) => revisions::run(client, args).await,
    }
}
