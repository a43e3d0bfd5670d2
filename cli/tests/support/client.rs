//! The client as a person runs it: the real binary, with a configuration directory of its own.

use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

pub struct Client {
    pub config: TempDir,
    url: String,
}

/// What a run left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Client {
    pub fn new(url: &str) -> Self {
        Self { config: tempfile::tempdir().unwrap(), url: url.to_owned() }
    }

    /// As after a login that gave `access` and `refresh`.
    pub fn logged_in(url: &str, access: &str, refresh: &str) -> Self {
        let client = Self::new(url);
        let login = json!({ "email": "ada@example.org", "access_token": access, "refresh_token": refresh });
        std::fs::create_dir(client.config.path().join("berth")).unwrap();
        std::fs::write(client.credentials(), json!({ "logins": { url: login } }).to_string()).unwrap();
        client
    }

    pub fn credentials(&self) -> std::path::PathBuf {
        self.config.path().join("berth/credentials.json")
    }

    /// Runs `berth` with the words of a line.
    pub async fn run(&self, line: &str) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_berth"));
        for name in ["BERTH_URL", "BERTH_PASSWORD", "BERTH_SETUP_CODE"] {
            command.env_remove(name);
        }
        command.env("XDG_CONFIG_HOME", self.config.path()).args(["--url", &self.url]).args(line.split_whitespace());
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}
