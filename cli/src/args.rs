//! The command line. What can be checked without the platform is checked here, so that a slip costs no request.

use clap::{Args as Group, Parser, Subcommand};
use kit::{Bytes, Cpu};

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  something else went wrong
  2  the arguments are wrong, or the platform finds them invalid
  3  not logged in, or the login is not valid any more
  4  the platform does not allow it
  5  there is no such thing
  6  it conflicts with the present state or the quota
  7  the platform does not answer, or cannot right now
  8  the allocation failed

Where BERTH_PASSWORD is set, no command asks for a password.
The login is kept in $XDG_CONFIG_HOME/berth or ~/.config/berth, readable by you alone.";

/// Containers for everyone: pick a machine, get an instance of it.
#[derive(Debug, Parser)]
#[command(name = "berth", version, after_help = EXIT_CODES)]
pub struct Args {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Group)]
pub struct Global {
    /// Where the platform is
    #[arg(long, global = true, env = "BERTH_URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// Print JSON, as the platform gives it; a problem goes to standard error
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an account; a code comes by mail
    Signup(Signup),
    /// Ask for a new code
    Otp(Otp),
    /// Confirm the mail address with the code
    Verify(Verify),
    /// Log in, and stay so
    Login(Login),
    /// End the login
    Logout,
    /// Show who is logged in
    Whoami,
    /// List what can be allocated
    Machines(Machines),
    /// Allocate a machine
    Create(Create),
    /// List your allocations
    Ls(List),
    /// Show an allocation
    Show(Target),
    /// Show how to connect, secrets included
    Connect(Target),
    /// Print what an allocation writes
    Logs(Logs),
    /// Stop an allocation; its name, port and volumes stay
    Stop(Change),
    /// Start an allocation that is stopped or failed
    Start(Change),
    /// Stop and start an allocation
    Restart(Change),
    /// Remove an allocation
    Rm(Remove),
    /// Show how an allocation's container is set up
    Inspect(Target),
    /// Show what you may hold, and what you do
    Quota,
}

#[derive(Debug, Group)]
pub struct Signup {
    #[arg(long)]
    pub email: Option<String>,
    /// Better left out: others on this machine may see it
    #[arg(long, env = "BERTH_PASSWORD", hide_env_values = true)]
    pub password: Option<String>,
    #[arg(long)]
    pub first_name: String,
    #[arg(long)]
    pub last_name: String,
    /// What `berthd up` printed; the first account of a new platform may need it
    #[arg(long, env = "BERTH_SETUP_CODE", hide_env_values = true)]
    pub setup_code: Option<String>,
}

#[derive(Debug, Group)]
pub struct Otp {
    #[arg(long)]
    pub email: Option<String>,
    /// What the code is for
    #[arg(long, value_parser = ["verify", "reset"])]
    pub purpose: Option<String>,
}

#[derive(Debug, Group)]
pub struct Verify {
    #[arg(long)]
    pub email: Option<String>,
    /// The six digits from the mail
    #[arg(long)]
    pub otp: Option<String>,
}

#[derive(Debug, Group)]
pub struct Login {
    #[arg(long)]
    pub email: Option<String>,
    /// Better left out: others on this machine may see it
    #[arg(long, env = "BERTH_PASSWORD", hide_env_values = true)]
    pub password: Option<String>,
}

#[derive(Debug, Group)]
pub struct Machines {
    /// Only those of this category
    #[arg(long)]
    pub category: Option<String>,
}

#[derive(Debug, Group)]
pub struct Create {
    /// The machine's name or id
    pub machine: String,
    /// The allocation's name; made up where none is given
    #[arg(long)]
    pub name: Option<String>,
    /// A property of the machine; may be given several times
    #[arg(long, short, value_name = "NAME=VALUE", value_parser = property)]
    pub property: Vec<(String, String)>,
    /// Cores, such as 0.5
    #[arg(long, value_parser = cpu)]
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
    #[arg(long)]
    pub machine: Option<String>,
}

#[derive(Debug, Group)]
pub struct Target {
    /// The allocation's name or id
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
pub struct Change {
    #[command(flatten)]
    pub target: Target,
    #[command(flatten)]
    pub waiting: Waiting,
}

#[derive(Debug, Group)]
pub struct Remove {
    #[command(flatten)]
    pub target: Target,
    /// Also in the middle of another change
    #[arg(long)]
    pub force: bool,
    /// Leave its volumes for another allocation
    #[arg(long)]
    pub keep_volumes: bool,
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

fn property(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a property is written NAME=VALUE, for example password=secret".to_owned()),
    }
}

fn cpu(text: &str) -> Result<Cpu, String> {
    let cores = text.parse().ok().and_then(Cpu::from_cores);
    cores.ok_or_else(|| "cpu is a number of cores above 0, for example 0.5".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use clap::error::ErrorKind;

    use super::*;

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(std::iter::once("berth").chain(line.split_whitespace()))
    }

    fn created(line: &str) -> Create {
        match parse(line).unwrap().command {
            Command::Create(create) => create,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_line_is_consistent_and_tells_its_exit_codes() {
        Args::command().debug_assert();
        let help = parse("--help").unwrap_err();
        assert!(help.kind() == ErrorKind::DisplayHelp && help.to_string().contains("8  the allocation failed"));
    }

    #[test]
    fn what_holds_for_all_commands_may_stand_before_or_behind() {
        for line in ["--url http://x --json ls", "ls --json --url http://x"] {
            let args = parse(line).unwrap();
            assert!(args.global.json && args.global.url == "http://x", "{line}");
        }
    }

    #[test]
    fn a_create_carries_properties_and_limits() {
        let create = created("create redis --name demo --property a=b=c -p d= --cpu 0.5 --memory 512MiB --disk 1GiB");
        assert_eq!(create.property, [("a".into(), "b=c".into()), ("d".into(), String::new())]);
        assert_eq!((create.cpu, create.memory), (Some(Cpu::millis(500)), Some(Bytes::mib(512))));
    }

    #[test]
    fn the_last_word_on_waiting_counts() {
        assert!(!created("create redis").waiting.no_wait);
        assert!(created("create redis --wait --no-wait").waiting.no_wait);
        assert!(!created("create redis --no-wait --wait").waiting.no_wait);
    }

    #[test]
    fn slips_are_found_without_the_platform() {
        for line in [
            "create",
            "create redis --cpu 0",
            "create redis --memory 1.5GiB",
            "create redis -p =x",
            "logs",
            "otp --email a@b --purpose party",
            "fly",
        ] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
