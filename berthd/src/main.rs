//! The server: composes the eight services and is the only place that names their backends.

mod accounts;
mod backing;
mod backup;
mod bus_task;
mod catalogue;
mod certs;
mod config;
mod data_dir;
mod doctor;
mod errors_page;
mod http;
mod marks;
mod migrate;
mod move_up;
mod place;
mod platform;
mod probe;
mod process;
mod republish;
mod restore;
mod serve;
mod supervisor;
mod up;
mod wiring;

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use tokio::runtime::Runtime;

use config::Config;

/// Hashing a password takes 19 MiB for some milliseconds. glibc keeps such blocks, one for each thread that ever had
/// one: a few logins at once grew the process by hundreds of megabytes for good. This one gives them back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Berth gives people containers: isolated, limited, reachable and watched.
#[derive(Parser)]
#[command(name = "berthd", version, about, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run all eight services in this process, on one data directory
    ///
    /// Prints `berth is ready on http://…` once everything works, and stays in the foreground. SIGTERM or Ctrl-C drains
    /// and ends it; containers keep running.
    Up(UpArguments),
    /// Make the certificates that services know each other by
    Certs(certs::CertsArguments),
    /// Run one service, beside the others and as many replicas as one likes
    ///
    /// Its data is on the servers that the configuration names, its events go over Kafka, and it speaks to the other services
    /// over mutual TLS (`berthd certs`). What it needs may come later: until then `/readyz` says what is missing.
    Serve(ServeArguments),
    /// Bring the schemas of one service, or of all, up to date, and make what topics are missing
    ///
    /// Forward only, safe to repeat, safe from several places at once, and while the version before still serves. A service
    /// does the same by itself when it starts.
    Migrate(MigrateArguments),
    /// Make databases and accounts that the configuration names, on servers that are new
    ///
    /// An administrator's work: a database and an account for each service on MySQL, a replica set and accounts on MongoDB, an
    /// account on Cassandra in place of the built-in one. What is there stays; passwords that changed are told to the servers.
    Accounts(accounts::AccountsArguments),
    /// Ask the service of this configuration whether it is ready; ends with 1 where it is not
    Probe(UpArguments),
    /// Look at a configuration and at everything that it names, and say what is wrong and what to do
    ///
    /// Changes nothing. Ends with 0 where all is well, with 1 where something is wrong, with 2 where the configuration cannot be
    /// read.
    Doctor(doctor::DoctorArguments),
    /// Write what a platform of `berthd up` knows into one file, while it runs
    ///
    /// In it: accounts, machines, allocations, comments, messages, the audit list, all of one moment. Not in it: the master key
    /// (--keys), the settings, and what is the tenants' or can be had again, which stays in the data directory: their volumes
    /// and logs (`site/`), mails that were written as files.
    Backup(backup::BackupArguments),
    /// Bring a data directory back to what a backup has; `berthd up` then finds its containers again
    ///
    /// Everybody has to log in again, with the password of then. Containers that are younger than the backup are left alone
    /// for 24 hours.
    Restore(restore::RestoreArguments),
    /// Announce once more all that a service owns: users, machines or allocations
    ///
    /// For topics that were lost or made anew. Who has what is told passes it over, and nobody is mailed. Safe to repeat. On
    /// servers while the service runs; on a data directory while `berthd up` does not.
    Republish(republish::RepublishArguments),
    /// Take an embedded platform's data to servers, for services in processes of their own
    ///
    /// While `berthd up` is stopped; containers run on. Each table is read back and compared. Run it again where it was
    /// interrupted. Volumes, logs and the docker service's own file stay in the data directory. See docs/moving.md.
    Move(move_up::MoveArguments),
    /// Check files that describe machines
    Catalogue(catalogue::CatalogueArguments),
    /// Print the REST interface as OpenAPI 3.1
    Openapi,
    /// Write the documentation as files, for NGINX to serve: `openapi.json` and `docs/`
    Docs { dir: PathBuf },
    /// Print what can go wrong, code by code, as Markdown
    Errors,
}

#[derive(clap::Args)]
struct UpArguments {
    /// Where data is kept [default: berth-data]
    #[arg(long, env = "BERTH_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Address and port to serve REST and WebSocket on [default: 127.0.0.1:8080]
    #[arg(long, env = "BERTH_LISTEN")]
    listen: Option<String>,
    /// A configuration file; see docs/configuration.md
    #[arg(long, env = "BERTH_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(clap::Args)]
struct ServeArguments {
    /// user, machines, verifier, docker, allocation, feed, notification or interact
    service: kit::ServiceName,
    #[command(flatten)]
    with: UpArguments,
    /// Address and port to serve other services on
    #[arg(long, env = "BERTH_PEERS__LISTEN")]
    peers_listen: Option<String>,
}

#[derive(clap::Args)]
struct MigrateArguments {
    /// Only this service's
    service: Option<kit::ServiceName>,
    /// A configuration file; see docs/configuration.md
    #[arg(long, env = "BERTH_CONFIG")]
    config: Option<PathBuf>,
}

impl UpArguments {
    /// What the flags say goes before everything else.
    fn load(self) -> anyhow::Result<Config> {
        let mut config = Config::load(self.config.as_deref())?;
        config.data_dir = self.data_dir.unwrap_or(config.data_dir);
        config.listen = self.listen.unwrap_or(config.listen);
        Ok(config)
    }
}

/// Settings of the allocator: memory goes back at once, and in small pages. With its defaults an idle process kept twice
/// as much, and a few logins three times.
const ALLOCATOR_SETTINGS: [(&str, &str); 2] = [("MIMALLOC_PURGE_DELAY", "0"), ("MIMALLOC_ALLOW_THP", "0")];

/// The allocator reads its settings before `main` begins, so a process without them becomes one with them: same process
/// id, same arguments. Somebody's own settings are left alone.
fn settle_allocator() {
    if ALLOCATOR_SETTINGS.iter().all(|(name, _)| std::env::var_os(name).is_some()) {
        return;
    }
    let own = |(name, _): &(&str, &str)| std::env::var_os(name).is_none();
    let missing = ALLOCATOR_SETTINGS.into_iter().filter(own);
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_else(|| "berthd".into());
    let error = std::process::Command::new("/proc/self/exe").arg0(name).args(arguments).envs(missing).exec();
    eprintln!("berthd: running with more memory than needed: {error}");
}

/// How long a thread that still waits for a server is waited for, once everything is done.
const LEFT_ALONE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    settle_allocator();
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if let Some(verdict) = error.downcast_ref::<doctor::Verdict>() {
                ExitCode::from(verdict.0)
            } else {
                eprintln!("berthd: {error:#}");
                ExitCode::FAILURE
            }
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    // Every TLS connection of this process uses ring.
    rustls::crypto::ring::default_provider().install_default().map_err(|_| anyhow::anyhow!("TLS was set up twice"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = execute(command, &runtime);
    runtime.shutdown_timeout(LEFT_ALONE);
    done
}

fn execute(command: Command, runtime: &Runtime) -> anyhow::Result<()> {
    match command {
        Command::Up(arguments) => {
            let config = arguments.load()?;
            wire::telemetry::start_logs(&config.log);
            let telemetry = config.telemetry.clone();
            let work = wire::telemetry::with_traces(&telemetry, None, up::up(config));
            runtime.block_on(work).map_err(anyhow::Error::msg)?
        }
        Command::Certs(arguments) => certs::run(&arguments, &kit::Ambient::system()),
        Command::Serve(arguments) => {
            let mut config = arguments.with.load()?;
            config.peers.listen = arguments.peers_listen.or(config.peers.listen);
            wire::telemetry::start_logs(&config.log);
            let telemetry = config.telemetry.clone();
            let serve = serve::serve(arguments.service, config);
            runtime
                .block_on(wire::telemetry::with_traces(&telemetry, Some(arguments.service), serve))
                .map_err(anyhow::Error::msg)?
        }
        Command::Migrate(arguments) => {
            let config = Config::load(arguments.config.as_deref())?;
            wire::telemetry::start_logs(&config.log);
            runtime.block_on(migrate::migrate(arguments.service, &config))
        }
        Command::Accounts(arguments) => {
            let config = Config::load(arguments.config.as_deref())?;
            wire::telemetry::start_logs(&config.log);
            runtime.block_on(accounts::run(&arguments, &config))
        }
        Command::Probe(arguments) => probe::run(&arguments.load()?.listen),
        Command::Doctor(arguments) => doctor::run(arguments, runtime),
        Command::Backup(arguments) => runtime.block_on(backup::run(arguments, &kit::Ambient::system())),
        Command::Restore(arguments) => runtime.block_on(restore::run(arguments, &kit::Ambient::system())),
        Command::Republish(arguments) => runtime.block_on(republish::run(arguments, &kit::Ambient::system())),
        Command::Move(arguments) => runtime.block_on(move_up::run(arguments, &kit::Ambient::system())),
        Command::Catalogue(arguments) => catalogue::run(&arguments),
        Command::Openapi => {
            let document = runtime.block_on(http::openapi::document())?;
            println!("{}", document.to_pretty_json()?);
            Ok(())
        }
        Command::Docs { dir } => http::site::write(&dir, &runtime.block_on(http::openapi::document())?),
        Command::Errors => {
            print!("{}", errors_page::markdown());
            Ok(())
        }
    }
}
