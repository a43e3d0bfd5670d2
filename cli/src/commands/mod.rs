//! One command a file: what it asks of the platform, and what people see of the answer.

mod account;
mod admin;
mod ask;
mod completions;
mod connect;
mod context;
mod create;
mod events;
mod feed;
mod find;
mod inspect;
mod lifecycle;
mod listing;
mod logs;
mod ls;
mod machine;
mod man;
mod notify;
mod quota;
mod rename;
mod rm;
mod show;

use crate::args::{Command, Global};
use crate::client::Client;
use crate::failure::Failure;
use crate::output::Output;

pub async fn run(global: &Global, output: Output, command: &Command) -> Result<(), Failure> {
    match command {
        // These ask no platform, and work where no login can be kept.
        Command::Completions { shell, names } => completions::run(*shell, *names),
        Command::Man { directory } => man::run(output, directory.as_deref()),
        Command::Context(args) => context::run(output, args).await,
        command => ask_platform(&Client::new(global, output)?, command).await,
    }
}

async fn ask_platform(client: &Client, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Signup(args) => account::sign_up(client, args).await,
        Command::Otp(args) => account::ask_for_code(client, args).await,
        Command::Verify(args) => account::verify(client, args).await,
        Command::Login(args) => account::log_in(client, args).await,
        Command::Logout => account::log_out(client).await,
        Command::Whoami => account::who_am_i(client).await,
        Command::Profile(args) => account::profile(client, args).await,
        Command::Passwd(args) => account::change_password(client, args).await,
        Command::Email(args) => account::change_email(client, args).await,
        Command::PasswordReset(args) => account::reset_password(client, args).await,
        Command::Sessions(args) => account::sessions(client, args).await,
        Command::Keys(args) => account::keys(client, args).await,
        Command::Export(args) => account::export(client, args).await,
        Command::Audit(args) => account::audit(client, args).await,
        Command::DeleteAccount(args) => account::delete(client, args).await,
        Command::Machines(args) => machine::list(client, args).await,
        Command::Machine(command) => machine::run(client, command).await,
        Command::Create(args) => create::run(client, args).await,
        Command::Ls(args) => ls::run(client, args).await,
        Command::Show(args) => show::run(client, args).await,
        Command::Connect(args) => connect::run(client, args).await,
        Command::Logs(args) => logs::run(client, args).await,
        Command::Events(args) => events::run(client, args).await,
        Command::Stop(args) => lifecycle::run(client, lifecycle::STOP, args).await,
        Command::Start(args) => lifecycle::run(client, lifecycle::START, args).await,
        Command::Restart(args) => lifecycle::run(client, lifecycle::RESTART, args).await,
        Command::Rename(args) => rename::run(client, args).await,
        Command::Rm(args) => rm::run(client, args).await,
        Command::Inspect(args) => inspect::run(client, args).await,
        Command::Quota => quota::run(client).await,
        Command::Comments(command) => feed::comments(client, command).await,
        Command::Likes(args) => feed::likes(client, args).await,
        Command::Like(args) => feed::like(client, args).await,
        Command::Dislike(args) => feed::dislike(client, args).await,
        Command::Unlike(args) => feed::unlike(client, args).await,
        Command::Notify(command) => notify::run(client, command).await,
        Command::Admin(command) => admin::run(client, command).await,
        Command::Completions { .. } | Command::Man { .. } | Command::Context(_) => Ok(()),
    }
}
