//! The host's own tools, run without a shell and with a deadline.

use std::process::Stdio;
use std::time::Duration;

use kit::{ErrorCode, Failure};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

const DEADLINE: Duration = Duration::from_secs(60);
/// Where tools of administration are, also for a user whose `PATH` leaves them out.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What a tool that ended well wrote. Its complaint goes to the operator.
pub async fn run(program: &str, arguments: &[&str]) -> Result<String, Failure> {
    fed(program, arguments, "").await
}

/// As `run`, with something on its standard input.
pub async fn fed(program: &str, arguments: &[&str], input: &str) -> Result<String, Failure> {
    let failed =
        |why: String| Failure::of(ErrorCode::EngineRefused).operator(format!("{program} {arguments:?}: {why}"));
    let mut child = Command::new(program)
        .args(arguments)
        .env("PATH", PATH)
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let work = async {
        if let Some(mut stdin) = child.stdin.take() {
            // A tool that reads nothing closes its input; what matters is how it ends.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        child.wait_with_output().await
    };
    let output = tokio::time::timeout(DEADLINE, work).await.map_err(|_| failed("took too long".to_owned()))?;
    let output = output.map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(failed(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_tool_is_fed_and_heard() {
        assert_eq!(fed("cat", &[], "a\nb").await.unwrap(), "a\nb");
        assert_eq!(run("printf", &["%s", "$HOME; x"]).await.unwrap(), "$HOME; x");
    }

    #[tokio::test]
    async fn a_tool_that_fails_or_is_missing_says_so_to_the_operator() {
        let failure = run("sh", &["-c", "echo no >&2; exit 3"]).await.unwrap_err();
        assert!(failure.operator.unwrap().contains("no") && !failure.detail.contains("no >"));
        assert!(run("berth-no-such-tool", &[]).await.is_err());
    }
}
