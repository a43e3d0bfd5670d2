//! The host's own programs, run as a person at a terminal would.

use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// How a program ended, what it wrote and what it complained of.
#[derive(Clone, Debug)]
pub struct Ran {
    pub ok: bool,
    pub text: String,
    pub complaint: String,
}

impl Ran {
    /// What it wrote, where it ended well.
    ///
    /// # Panics
    /// Where it did not.
    pub fn expect(self, what: &str) -> String {
        assert!(self.ok, "{what}: {self:?}");
        self.text
    }
}

/// Runs a line by `sh -c`, unchanged, with a text on its standard input.
pub async fn sh(line: &str, input: &str) -> Ran {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    feed(command, input).await
}

/// Runs a program with its arguments.
pub async fn run(program: &str, arguments: &[&str]) -> Ran {
    let mut command = Command::new(program);
    command.args(arguments);
    feed(command, "").await
}

async fn feed(mut command: Command, input: &str) -> Ran {
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = pipes.spawn().unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
    let mut stdin = child.stdin.take().expect("its input is a pipe");
    // A program that reads nothing closes its input.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await.expect("its output is read");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ran { ok: output.status.success(), text: text(&output.stdout), complaint: text(&output.stderr) }
}
