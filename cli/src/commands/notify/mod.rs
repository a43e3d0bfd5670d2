//! Commands on what people want to be told, and where.

mod preferences;
mod webhooks;

use crate::args::notify::Command;
use crate::client::Client;
use crate::failure::Failure;

pub async fn run(client: &Client, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Preferences(args) => preferences::run(client, args).await,
        Command::Webhooks(command) => webhooks::run(client, command).await,
    }
}
