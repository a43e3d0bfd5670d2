//! The server: composes the eight services and is the only place that names their backends.

mod bus_task;
mod catalogue;
mod certs;
mod config;
mod data_dir;
mod errors_page;
mod http;
mod platform;
mod up;
mod wiring;

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    /// Check files that describe machines
    Catalogue(catalogue::CatalogueArguments),
    /// Print the REST interface as OpenAPI 3.1
    Openapi,
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

fn main() -> ExitCode {
    settle_allocator();
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("berthd: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    // Every TLS connection of this process uses ring.
    rustls::crypto::ring::default_provider().install_default().map_err(|_| anyhow::anyhow!("TLS was set up twice"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match command {
        Command::Up(arguments) => {
            let mut config = Config::load(arguments.config.as_deref())?;
            config.data_dir = arguments.data_dir.unwrap_or(config.data_dir);
            config.listen = arguments.listen.unwrap_or(config.listen);
            wire::telemetry::start_logs(&config.log);
            let telemetry = config.telemetry.clone();
            let work = wire::telemetry::with_traces(&telemetry, None, up::up(config));
            runtime.block_on(work).map_err(anyhow::Error::msg)?
        }
        Command::Certs(arguments) => certs::run(&arguments, &kit::Ambient::system()),
        Command::Catalogue(arguments) => catalogue::run(&arguments),
        Command::Openapi => {
            let document = runtime.block_on(http::openapi::document())?;
            println!("{}", document.to_pretty_json()?);
            Ok(())
        }
        Command::Errors => {
            print!("{}", errors_page::markdown());
            Ok(())
        }
    }
}
