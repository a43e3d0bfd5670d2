//! One command a file: what it asks of the platform, and what people see of the answer.

mod account;
mod ask;
mod connect;
mod create;
mod find;
mod inspect;
mod lifecycle;
mod login;
mod logs;
mod ls;
mod machines;
mod quota;
mod rm;
mod show;

use crate::args::Command;
use crate::context::Context;
use crate::failure::Failure;

pub async fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Signup(args) => account::sign_up(context, args).await,
        Command::Otp(args) => account::ask_for_code(context, args).await,
        Command::Verify(args) => account::verify(context, args).await,
        Command::Login(args) => login::log_in(context, args).await,
        Command::Logout => login::log_out(context).await,
        Command::Whoami => login::who_am_i(context).await,
        Command::Machines(args) => machines::run(context, args).await,
        Command::Create(args) => create::run(context, args).await,
        Command::Ls(args) => ls::run(context, args).await,
        Command::Show(args) => show::run(context, args).await,
        Command::Connect(args) => connect::run(context, args).await,
        Command::Logs(args) => logs::run(context, args).await,
        Command::Stop(args) => lifecycle::run(context, lifecycle::STOP, args).await,
        Command::Start(args) => lifecycle::run(context, lifecycle::START, args).await,
        Command::Restart(args) => lifecycle::run(context, lifecycle::RESTART, args).await,
        Command::Rm(args) => rm::run(context, args).await,
        Command::Inspect(args) => inspect::run(context, args).await,
        Command::Quota => quota::run(context).await,
    }
}
