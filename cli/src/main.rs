//! `berth`: what the platform offers over REST and WebSocket, for people at a terminal and, with `--json`, for programs.

mod api;
mod args;
mod call;
mod client;
mod commands;
mod complete;
mod contexts;
mod credentials;
mod directory;
mod failure;
mod model;
mod output;
mod progress;
mod render;
mod socket;
mod wait;

use std::process::ExitCode;

use clap::Parser as _;

use args::Args;
use output::Output;

fn main() -> ExitCode {
    // Fails only where one is installed already, which does as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    complete::answer_shell();
    run(&Args::parse())
}

#[tokio::main(flavor = "current_thread")]
async fn run(args: &Args) -> ExitCode {
    let output = Output::new(&args.global);
    match commands::run(&args.global, output, &args.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.tell(&failure);
            ExitCode::from(failure.exit.code())
        }
    }
}
