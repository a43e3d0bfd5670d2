//! Commands that only admins may use.

mod allocations;
mod audit;
mod dead_letters;
mod quota;
mod users;

use crate::args::admin::Command;
use crate::client::Client;
use crate::failure::Failure;

pub async fn run(client: &Client, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Users(args) => users::list(client, args).await,
        Command::User(args) => users::show(client, args).await,
        Command::Suspend(args) => users::suspend(client, args).await,
        Command::Resume(args) => users::resume(client, args).await,
        Command::Grant(args) => users::grant(client, args).await,
        Command::Revoke(args) => users::revoke(client, args).await,
        Command::DeleteUser(args) => users::delete(client, args).await,
        Command::Audit(args) => audit::run(client, args).await,
        Command::Quota(args) => quota::run(client, args).await,
        Command::Allocations(args) => allocations::list(client, args).await,
        Command::Stop(args) => allocations::stop(client, args).await,
        Command::Rm { target, force } => allocations::remove(client, target, *force).await,
        Command::DeadLetters(args) => dead_letters::list(client, args).await,
        Command::Resend { id } => dead_letters::resend(client, id).await,
    }
}
