//! `berth`: what the platform offers over REST and WebSocket, for people at a terminal and, with `--json`, for programs.

mod api;
mod args;
mod call;
mod commands;
mod context;
mod failure;
mod model;
mod output;
mod progress;
mod render;
mod session;
mod socket;
mod wait;

use std::process::ExitCode;

use clap::Parser as _;

use args::Args;
use context::Context;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    // Fails only where one is installed already, which does as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let json = args.global.json;
    let done = async { commands::run(&Context::new(&args.global)?, &args.command).await };
    match done.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell(json);
            ExitCode::from(failure.exit.code())
        }
    }
}
