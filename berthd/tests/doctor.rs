//! `berthd doctor` as a program: how it ends, and what a script reads.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Without this shell's settings, which would be the platform's.
fn doctor(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_berthd"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BERTH_")) {
        command.env_remove(name);
    }
    command.args(["doctor", "--data-dir"]).arg(data).args(["--listen", "127.0.0.1:0"]).args(arguments);
    command.output().expect("berthd can be run")
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn levels(document: &Value, id: &str) -> Vec<String> {
    let findings = document["findings"].as_array().expect("there are findings");
    let of_id = findings.iter().filter(|finding| finding["id"] == id);
    of_id.map(|finding| finding["level"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn it_ends_with_nought_where_all_is_well_and_strictly_with_one_for_a_warning() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let output = doctor(&data, &["--json"]);
    let found = document(&output);
    assert_eq!(output.status.code(), Some(0), "{found:#}");
    assert_eq!((found["command"].as_str(), found["counts"]["wrong"].as_u64()), (Some("berthd up"), Some(0)));
    assert_eq!(levels(&found, "engine.reachable"), ["ok"]);
    assert!(!data.exists(), "it made the data directory");
    std::fs::create_dir_all(data.join("keys")).unwrap();
    let file = home.path().join("berth.toml");
    std::fs::write(&file, "[site]\nports = [1024, 65535]").unwrap();
    let strictly = doctor(&data, &["--strict", "--config", file.to_str().unwrap()]);
    assert_eq!(strictly.status.code(), Some(1));
    let told = String::from_utf8(strictly.stdout).unwrap();
    assert!(told.contains("-> set site.ports") && !told.contains('\u{1b}'), "{told}");
}

#[test]
fn it_ends_with_one_where_something_is_wrong() {
    let home = tempfile::tempdir().unwrap();
    let secret = home.path().join("smtp");
    std::fs::write(&secret, "smtp://127.0.0.1:1").unwrap();
    let file = home.path().join("berth.toml");
    std::fs::write(&file, format!("smtp_url_file = {secret:?}")).unwrap();
    let output = doctor(&home.path().join("data"), &["--json", "--config", file.to_str().unwrap()]);
    let found = document(&output);
    assert_eq!(output.status.code(), Some(1), "{found:#}");
    assert_eq!(levels(&found, "messages.mail"), ["wrong"]);
    assert_eq!(levels(&found, "config.secrets"), ["warning"], "others may read the file");
}

#[test]
fn it_ends_with_two_where_the_configuration_cannot_be_read() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("berth.toml");
    std::fs::write(&file, "lisen = \"x\"\n[quota]\ninstances = \"many\"").unwrap();
    let output = doctor(home.path(), &["--json", "--config", file.to_str().unwrap()]);
    let found = document(&output);
    assert_eq!(output.status.code(), Some(2), "{found:#}");
    assert_eq!((levels(&found, "config.keys").len(), levels(&found, "config.values").len()), (1, 1));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let missing = doctor(home.path(), &["--config", "/nowhere/berth.toml"]);
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn an_engine_that_is_not_there_is_wrong() {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_berthd"));
    command.args(["doctor", "--json", "--listen", "127.0.0.1:0", "--data-dir"]).arg(home.path().join("data"));
    let output = command.env("DOCKER_HOST", "unix:///nowhere/docker.sock").output().expect("berthd can be run");
    assert_eq!(output.status.code(), Some(1));
    let found = document(&output);
    assert_eq!(levels(&found, "engine.reachable"), ["wrong"]);
    assert!(found.to_string().contains("DOCKER_HOST"), "{found:#}");
}
