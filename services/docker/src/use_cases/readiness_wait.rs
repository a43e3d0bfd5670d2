//! Waits until the program answers, and notices when it ends instead.

use kit::machine::{Probe, Protocol};
use kit::{ErrorCode, Failure, SandboxId};

use super::App;
use super::container_inspect::container_inspect;
use super::readiness::Question;
use crate::domain::identity::{container_name, sandbox_name};
use crate::domain::{Command, FoundContainer};

/// How many last lines go into the sentence, and how long each may be in it.
const SHOWN: usize = 5;
const WIDTH: usize = 200;

/// What to wait for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub sandbox: SandboxId,
    pub probe: Probe,
    /// The number behind the probe's port.
    pub port: u16,
    pub protocol: Protocol,
}

/// `container_exited` or `oom_killed` when it ends, `readiness_timeout` when it does not answer. Takes no turn: stopping
/// must be possible meanwhile.
pub async fn readiness_wait(app: &App, command: &Command, wanted: &Wanted) -> Result<(), Failure> {
    app.admit(command).await?;
    let container = container_name(command.owner.allocation);
    let sandbox = app.engine.inspect(&sandbox_name(wanted.sandbox)).await?;
    let address = sandbox.and_then(|sandbox| sandbox.address);
    let address = address.ok_or_else(|| Failure::of(ErrorCode::EngineRefused).operator("the sandbox does not run"))?;
    let Wanted { probe, port, protocol, .. } = wanted;
    let question = Question { probe, address, port: *port, protocol: *protocol, container: &container };
    tokio::select! {
        biased;
        ended = app.engine.ended(&container) => {
            ended?;
            Err(why_it_ended(app, command).await)
        }
        ready = tokio::time::timeout(question.bound(), repeat(app, &question)) => match ready {
            Ok(true) => Ok(()),
            _ => Err(Failure::new(ErrorCode::ReadinessTimeout, "The program runs but did not answer in time.")),
        },
    }
}

/// Asks until the program answers or was asked as often as the probe says.
async fn repeat(app: &App, question: &Question<'_>) -> bool {
    for _ in 0..question.probe.retries.max(1) {
        if question.ask(app.engine.as_ref()).await {
            return true;
        }
        tokio::time::sleep(question.probe.interval.get()).await;
    }
    false
}

async fn why_it_ended(app: &App, command: &Command) -> Failure {
    match container_inspect(app, command.owner.allocation).await {
        Ok((container, lines)) => ended(&container, &lines),
        Err(failure) => failure,
    }
}

fn ended(container: &FoundContainer, lines: &[String]) -> Failure {
    let said = last_words(lines);
    if container.oom_killed {
        let sentence = format!("The program used more memory than its limit and was ended.{said}");
        return Failure::new(ErrorCode::OomKilled, sentence);
    }
    match container.exit_code {
        Some(code) => Failure::new(
            ErrorCode::ContainerExited,
            format!("The program ended by itself with exit code {code}.{said}"),
        ),
        None => Failure::new(ErrorCode::ContainerExited, "The program was not started."),
    }
}

fn last_words(lines: &[String]) -> String {
    let shown: Vec<String> =
        lines.iter().filter(|line| !line.is_empty()).map(|line| line.chars().take(WIDTH).collect()).collect();
    if shown.is_empty() {
        return String::new();
    }
    format!(" Its last lines: {}", shown[shown.len().saturating_sub(SHOWN)..].join(" ⏎ "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Owner;
    use kit::{AllocationId, Ambient, TenantId, Timestamp};

    fn found(exit_code: Option<i32>, oom_killed: bool) -> FoundContainer {
        let ambient = Ambient::system();
        FoundContainer {
            owner: Owner { allocation: AllocationId::mint(&ambient), tenant: TenantId::mint(&ambient) },
            container_id: "c".into(),
            state: "exited".into(),
            exit_code,
            oom_killed,
            started_at: None,
            finished_at: None,
            image_digest: String::new(),
            created_at: Timestamp::EPOCH,
        }
    }

    #[test]
    fn an_end_says_its_code_and_its_last_lines() {
        let lines: Vec<String> = (0..9).map(|n| format!("line {n}")).collect();
        let failure = ended(&found(Some(3), false), &lines);
        assert_eq!(failure.code, ErrorCode::ContainerExited);
        assert_eq!(
            failure.detail,
            "The program ended by itself with exit code 3. Its last lines: line 4 ⏎ line 5 ⏎ line 6 ⏎ line 7 ⏎ line 8"
        );
        assert_eq!(ended(&found(Some(137), true), &[]).code, ErrorCode::OomKilled);
        assert!(ended(&found(None, false), &[]).detail.contains("not started"));
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let said = last_words(&["ä".repeat(1000)]);
        assert_eq!(said.chars().filter(|c| *c == 'ä').count(), WIDTH);
    }
}
