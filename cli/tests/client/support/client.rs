//! The client as a person runs it: the real binary, with a configuration directory of its own.

use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
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

    /// Runs `berth` at the platform with the words of a line.
    pub async fn run(&self, line: &str) -> Ran {
        self.run_words(&line.split_whitespace().collect::<Vec<_>>()).await
    }

    pub async fn run_words(&self, words: &[&str]) -> Ran {
        let words: Vec<&str> = ["--url", &self.url].iter().chain(words).copied().collect();
        self.run_with(&words, &[], "").await
    }

    /// Runs `berth` with these words, variables and standard input, and nothing else.
    pub async fn run_with(&self, words: &[&str], environment: &[(&str, &str)], input: &str) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_berth"));
        command.args(words);
        self.finish(command, environment, input).await
    }

    /// The same on a terminal of its own, at which somebody types; standard output is all that the terminal shows.
    pub async fn run_on_terminal(&self, line: &str, environment: &[(&str, &str)], input: &str) -> Ran {
        let mut command = Command::new("script");
        let line = format!("{} --url {} {line}", env!("CARGO_BIN_EXE_berth"), self.url);
        command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        let usual = [("PATH", "/usr/bin:/bin"), ("TERM", "xterm")];
        self.finish(command, &[&usual, environment].concat(), input).await
    }

    async fn finish(&self, mut command: Command, environment: &[(&str, &str)], input: &str) -> Ran {
        command.env_clear().env("XDG_CONFIG_HOME", self.config.path()).envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        // Who reads nothing of it may end before all is written.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
        let output = child.wait_with_output().await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}
