//! Names that a shell offers while somebody types: contexts from their file, allocations and machines from the platform
//! that commands go to without flags.

use std::ffi::OsStr;
use std::time::Duration;

use clap::CommandFactory as _;
use clap_complete::CompletionCandidate;
use clap_complete::env::{CompleteEnv, Shells};
use serde_json::Value;

use crate::args::{Args, Global};
use crate::call::Call;
use crate::client::Client;
use crate::contexts::Contexts;
use crate::directory::Directory;
use crate::failure::Failure;
use crate::output::Output;

/// By which a shell says that it asks for completions.
const VARIABLE: &str = "BERTH_COMPLETE";
/// Longer than this nobody waits for a name.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where a shell asks, this answers it and ends the process.
pub fn answer_shell() {
    CompleteEnv::with_factory(Args::command).var(VARIABLE).bin("berth").complete();
}

/// What makes a shell ask us for each completion.
pub fn registration(shell: &str) -> Result<Vec<u8>, Failure> {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let shell = shells.completer(shell).ok_or_else(|| Failure::usage(format!("{shell} cannot ask for names.")))?;
    shell.write_registration(VARIABLE, "berth", "berth", "berth", &mut script).map_err(Failure::other)?;
    Ok(script)
}

pub fn allocations(begun: &OsStr) -> Vec<CompletionCandidate> {
    from_platform(begun, Call::get("/allocations"))
}

pub fn machines(begun: &OsStr) -> Vec<CompletionCandidate> {
    from_platform(begun, Call::get("/machines").anonymous())
}

pub fn contexts(begun: &OsStr) -> Vec<CompletionCandidate> {
    let all = Directory::of_user().and_then(|directory| Contexts::read(&directory)).unwrap_or_default().all();
    candidates(begun, all.into_iter().filter_map(|place| place.context))
}

/// Nothing where the platform does not answer at once: a shell is no place to be told why.
fn from_platform(begun: &OsStr, call: Call) -> Vec<CompletionCandidate> {
    let found = ask(call).unwrap_or_default();
    candidates(begun, found.iter().filter_map(|item| item["name"].as_str().map(str::to_owned)))
}

fn candidates(begun: &OsStr, names: impl Iterator<Item = String>) -> Vec<CompletionCandidate> {
    let begun = begun.to_string_lossy();
    names.filter(|name| name.starts_with(&*begun)).map(CompletionCandidate::new).collect()
}

#[tokio::main(flavor = "current_thread")]
async fn ask(call: Call) -> Result<Vec<Value>, Failure> {
    let global = Global::default();
    let Client { api, .. } = Client::new(&global, Output::new(&global))?;
    let asked = tokio::time::timeout(PATIENCE, api.list(call, Some(200))).await;
    asked.map_err(|_| Failure::other("The platform took too long."))?
}
