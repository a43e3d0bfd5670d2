//! The command line. What can be checked without the platform is checked here, so that a slip costs no request.

/// What stands below a command's `--help`; a test reads each line as a command line of its own.
macro_rules! examples {
    ($($line:literal),+ $(,)?) => { concat!("Examples:" $(, "\n  ", $line)+) };
}

pub mod account;
pub mod admin;
pub mod allocation;
pub mod audit;
pub mod context;
pub mod feed;
pub mod machine;
pub mod notify;
mod parse;
#[cfg(test)]
mod tests;

use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use clap_complete::engine::ArgValueCompleter;

use crate::complete;
pub use parse::Moment;

const AFTER_HELP: &str = "Exit codes:
  0  done
  1  something else went wrong
  2  the arguments are wrong, or the platform finds them invalid
  3  not logged in, or the login is not valid any more
  4  the platform does not allow it
  5  there is no such thing
  6  it conflicts with the present state or the quota
  7  the platform does not answer, or cannot right now
  8  the allocation failed

Environment:
  BERTH_URL       where the platform is, as --url says it
  BERTH_CONTEXT   the context, as --context says it
  BERTH_TOKEN     an API key that is used in place of any login
  BERTH_PASSWORD  no command asks for the password where this is set
  BERTH_NEW_PASSWORD
                  the same for the password that is to be
  NO_COLOR        no colours where this is set

Contexts and logins are kept in $XDG_CONFIG_HOME/berth or ~/.config/berth, readable by you alone.

Examples:
  berth login
  berth create redis --name cache
  berth connect cache";

/// Containers for everyone: pick a machine, get an instance of it.
#[derive(Debug, Parser)]
#[command(name = "berth", version, after_help = AFTER_HELP, max_term_width = 120)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub global: Global,
}

#[derive(Debug, Default, Group)]
#[command(next_help_heading = "Options of all commands")]
pub struct Global {
    /// Where the platform is, whatever the context; else `BERTH_URL`, the context, `http://127.0.0.1:8080`
    #[arg(long, global = true)]
    pub url: Option<String>,
    /// Which of your contexts is meant; else `BERTH_CONTEXT`, and what `berth context use` said last
    #[arg(long, global = true, value_name = "NAME", add = ArgValueCompleter::new(complete::contexts))]
    pub context: Option<String>,
    /// Print JSON, as the platform gives it; a problem goes to standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// Whether to use colours; `auto` does on a terminal
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub color: Color,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an account; a code comes by mail
    #[command(after_help = examples!("berth signup --email ada@example.org --first-name Ada --last-name Lovelace"))]
    Signup(account::Signup),
    /// Ask for a new code
    #[command(after_help = examples!("berth otp --email ada@example.org"))]
    Otp(account::Otp),
    /// Confirm a mail address with the code that came to it
    #[command(after_help = examples!("berth verify --email ada@example.org --otp 890298"))]
    Verify(account::Verify),
    /// Log in, and stay so
    #[command(after_help = examples!("berth login --email ada@example.org", "berth login --key"))]
    Login(account::Login),
    /// End the login
    #[command(after_help = examples!("berth logout"))]
    Logout,
    /// Show who is logged in
    #[command(after_help = examples!("berth whoami", "berth whoami --json"))]
    Whoami,
    /// Show your profile, or change what is given
    #[command(after_help = examples!("berth profile", "berth profile --first-name Ada --phone +4915112345678"))]
    Profile(account::Profile),
    /// Change your password; every login ends, and this one is begun anew
    #[command(after_help = examples!("berth passwd"))]
    Passwd(account::Passwd),
    /// Change your mail address; a code comes to the new one
    #[command(after_help = examples!("berth email ada@example.com"))]
    Email(account::Email),
    /// Set a new password by a code, where the old one is lost
    #[command(after_help = examples!("berth password-reset --email ada@example.org"))]
    PasswordReset(account::PasswordReset),
    /// See where you are logged in, and end it there
    #[command(after_help = examples!("berth sessions", "berth sessions close 0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a"))]
    Sessions(account::Sessions),
    /// Make, list and take back API keys
    #[command(after_help = examples!("berth keys", "berth keys create ci --scope allocations:read --expires 90d"))]
    Keys(account::Keys),
    /// Get everything that the platform keeps of you
    #[command(after_help = examples!("berth export -o me.json"))]
    Export(account::Export),
    /// List what you did, and what was done to you
    #[command(after_help = examples!("berth audit --limit 20", "berth audit --action allocation. --since 24h"))]
    Audit(audit::Filter),
    /// Delete your account with everything that it owns
    #[command(after_help = examples!("berth delete-account"))]
    DeleteAccount(account::DeleteAccount),
    /// List what can be allocated
    #[command(after_help = examples!("berth machines", "berth machines --category database --sort -name"))]
    Machines(machine::List),
    /// Show one machine; as an admin, change the catalogue
    #[command(subcommand, after_help = examples!("berth machine show redis", "berth machine create redis.yaml"))]
    Machine(machine::Command),
    /// Allocate a machine
    #[command(after_help = examples!("berth create redis --name cache", "berth create postgres -p user=ada --memory 512MiB"))]
    Create(allocation::Create),
    /// List your allocations
    #[command(after_help = examples!("berth ls", "berth ls --state running --machine redis --sort name"))]
    Ls(allocation::List),
    /// Show an allocation
    #[command(after_help = examples!("berth show cache"))]
    Show(allocation::Target),
    /// Show how to connect, secrets included
    #[command(after_help = examples!("berth connect cache", "berth connect cache --json"))]
    Connect(allocation::Target),
    /// Print what an allocation writes
    #[command(after_help = examples!("berth logs cache --tail 20", "berth logs cache -f --grep error"))]
    Logs(allocation::Logs),
    /// List what happened to an allocation, newest first
    #[command(after_help = examples!("berth events cache --limit 10"))]
    Events(allocation::Events),
    /// Stop an allocation; its name, port and volumes stay
    #[command(after_help = examples!("berth stop cache", "berth stop cache --no-wait"))]
    Stop(allocation::Change),
    /// Start an allocation that is stopped or failed
    #[command(after_help = examples!("berth start cache --timeout 60"))]
    Start(allocation::Change),
    /// Stop and start an allocation
    #[command(after_help = examples!("berth restart cache"))]
    Restart(allocation::Change),
    /// Give an allocation another name
    #[command(after_help = examples!("berth rename cache sessions"))]
    Rename(allocation::Rename),
    /// Remove an allocation with its data
    #[command(after_help = examples!("berth rm cache", "berth rm cache --force --yes"))]
    Rm(allocation::Remove),
    /// Show how an allocation's container is set up
    #[command(after_help = examples!("berth inspect cache"))]
    Inspect(allocation::Target),
    /// Show what you may hold, and what you do
    #[command(after_help = examples!("berth quota"))]
    Quota,
    /// Read and write comments on machines
    #[command(subcommand, after_help = examples!("berth comments ls redis", "berth comments add redis 'Fast and small.'"))]
    Comments(feed::Comments),
    /// Show how a machine is liked, and by you
    #[command(after_help = examples!("berth likes redis"))]
    Likes(feed::Machine),
    /// Like a machine
    #[command(after_help = examples!("berth like redis"))]
    Like(feed::Machine),
    /// Dislike a machine
    #[command(after_help = examples!("berth dislike redis"))]
    Dislike(feed::Machine),
    /// Take your like or dislike back
    #[command(after_help = examples!("berth unlike redis"))]
    Unlike(feed::Machine),
    /// Say what you want to be told, and where
    #[command(subcommand, after_help = examples!("berth notify preferences", "berth notify webhooks add https://example.org/hook --event allocation.failed"))]
    Notify(notify::Command),
    /// What only admins may do
    #[command(subcommand, after_help = examples!("berth admin users --verified true", "berth admin allocations"))]
    Admin(admin::Command),
    /// Name platforms, and say which is meant
    #[command(after_help = examples!("berth context add work https://berth.example.org", "berth context use work"))]
    Context(context::Context),
    /// Print what makes a shell complete berth's command lines
    #[command(after_help = examples!("berth completions bash", "berth completions zsh --names"))]
    Completions {
        #[arg(value_enum)]
        shell: Shell,
        /// Also names of allocations, machines and contexts: the shell then asks berth each time
        #[arg(long)]
        names: bool,
    },
    /// Print all man pages, or write each to a file of its own
    #[command(after_help = examples!("berth man", "berth man /usr/local/share/man/man1"))]
    Man {
        /// Where the files go
        directory: Option<std::path::PathBuf>,
    },
}

/// Goes on without asking. Where nobody can be asked, what cannot be undone needs it.
#[derive(Clone, Copy, Debug, Group)]
pub struct Consent {
    /// Do not ask whether it is meant
    #[arg(long, short)]
    pub yes: bool,
}
