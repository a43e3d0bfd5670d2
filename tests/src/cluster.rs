//! A platform of a test's own in pieces, on shared servers: its databases, topics and processes are made by a script, as the
//! script makes the reader's.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// As processes, and as containers. Both take the same words.
pub const PROCESSES: &str = "stack/cluster.sh";
pub const CONTAINERS: &str = "stack/compose.sh";

/// Makes databases, topics, certificates, and a folder with `run` in it for each process.
///
/// # Panics
/// Where that fails, with what the script said.
pub async fn prepare(script: &str, home: &Path, listen: &str, variables: &[(String, String)]) {
    let mut command = words(script, &["prepare", &home.to_string_lossy(), listen]);
    command.env("CLUSTER_NAME", testkit::servers::unique("t")).env("TEST_BERTHD", crate::berthd());
    // The limits are out of a test's way, here as in each service.
    for limit in ["DOOR_REQUESTS", "DOOR_BURST", "DOOR_CONNECTIONS"] {
        command.env(limit, "60000");
    }
    command.env("DOOR_LOG", "off").envs(variables.iter().cloned());
    let done = tokio::task::spawn_blocking(move || run(command)).await.expect("the script was run");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{script} prepare: {said}");
}

/// What becomes each process, by its folder's name.
pub fn commands(home: &Path) -> Vec<(String, Command)> {
    let entries = fs::read_dir(home).expect("the platform's directory is there");
    let mut folders: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.retain(|folder| folder.join("run").is_file());
    folders.sort();
    assert!(!folders.is_empty(), "no process has a folder in {}", home.display());
    let name = |folder: &Path| folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    folders.iter().map(|folder| (name(folder), Command::new(folder.join("run")))).collect()
}

/// Drops what it has on the servers, by that script's word for it. A test's end: what fails is told and fails nothing.
pub fn forget(script: &str, word: &str, home: &Path) {
    if home.join("name").is_file() {
        let done = run(words(script, &[word, &home.to_string_lossy()]));
        if !done.status.success() {
            eprintln!("{script} {word}: {}", String::from_utf8_lossy(&done.stderr));
        }
    }
}

fn words(script: &str, words: &[&str]) -> Command {
    let mut command = Command::new(crate::repository().join(script));
    command.args(words).stdin(Stdio::null());
    command
}

fn run(mut command: Command) -> Output {
    command.output().expect("the script can be run")
}
