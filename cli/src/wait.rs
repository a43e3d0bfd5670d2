//! Waiting for an allocation's state: the platform holds each question open for a while, and this asks until the goal is
//! reached, is out of reach, or the time is up.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::call::Call;
use crate::client::Client;
use crate::failure::{Exit, Failure};
use crate::model::{Allocation, read};
use crate::output::Output;
use crate::progress::Progress;

/// How long one question is held open; shorter where somebody watches, who wants to see the states on the way.
const QUESTION: u64 = 20;
const WATCHED_QUESTION: u64 = 2;
/// Between two questions that were answered at once.
const PAUSE: Duration = Duration::from_millis(500);

/// What a command waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    Running,
    Stopped,
    Removed,
}

impl Goal {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Removed => "removed",
        }
    }
}

/// Whether there is anything left to wait for.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    Reached,
    OnTheWay,
    OutOfReach,
}

fn standing(goal: Goal, desired: &str, state: &str) -> Standing {
    match (goal, state) {
        (Goal::Running, "running") | (Goal::Stopped, "stopped" | "failed" | "removed") | (Goal::Removed, "removed") => {
            Standing::Reached
        }
        (Goal::Running, "failed" | "lost" | "removed" | "removing") => Standing::OutOfReach,
        // Somebody wants something else by now.
        (Goal::Running, "stopped") if desired == "stopped" => Standing::OutOfReach,
        _ => Standing::OnTheWay,
    }
}

/// How long the platform may hold the first answer.
pub fn question(client: &Client) -> u64 {
    if client.output.is_watched() { WATCHED_QUESTION } else { QUESTION }
}

/// Asks from the present `answer` on until the goal is reached; gives the last answer.
pub async fn until(
    client: &Client,
    progress: &Progress,
    mut answer: Value,
    goal: Goal,
    most: Duration,
) -> Result<Value, Failure> {
    let began = Instant::now();
    loop {
        let allocation: Allocation = read(&answer)?;
        match standing(goal, &allocation.desired, &allocation.state) {
            Standing::Reached => return Ok(answer),
            Standing::OutOfReach => return out_of_reach(client, &allocation, &answer),
            Standing::OnTheWay => {}
        }
        if began.elapsed() >= most {
            return Err(too_long(&allocation, most));
        }
        progress.say(format!("{} is {}", allocation.name, allocation.state));
        let left = most.saturating_sub(began.elapsed()).as_secs().max(1);
        match ask(client, &allocation.id, goal, left).await {
            Ok(now) => answer = now,
            Err(failure) if goal == Goal::Removed && failure.exit == Exit::NotFound => return Ok(answer),
            Err(failure) => return Err(failure),
        }
    }
}

async fn ask(client: &Client, id: &str, goal: Goal, left: u64) -> Result<Value, Failure> {
    let asked = Instant::now();
    let call = Call::get(format!("/allocations/{id}"))
        .query("wait_for", Some(goal.as_str()))
        .query("timeout", Some(question(client).min(left)));
    let answer = client.api.send(call).await?;
    // An answer at once means that the platform sees nothing to wait for yet.
    if asked.elapsed() < PAUSE && answer["state"] != goal.as_str() {
        tokio::time::sleep(PAUSE).await;
    }
    Ok(answer)
}

/// A failed allocation is a result all the same: programs get it, and the exit code tells.
fn out_of_reach(client: &Client, allocation: &Allocation, answer: &Value) -> Result<Value, Failure> {
    if client.output.json {
        Output::json(answer)?;
    }
    let Allocation { name, state, .. } = allocation;
    if !matches!(state.as_str(), "failed" | "lost") {
        return Err(Failure::local(
            Exit::Conflict,
            "allocation_changed",
            format!("{name} is {state}: somebody changed it."),
        ));
    }
    Err(match &allocation.reason {
        Some(reason) => {
            let told = format!("{name} {}: {} ({})", verb(state), reason.detail, reason.code);
            Failure::local(Exit::AllocationFailed, &reason.code, told)
        }
        None => Failure::local(Exit::AllocationFailed, "allocation_failed", format!("{name} {}.", verb(state))),
    })
}

fn verb(state: &str) -> &'static str {
    if state == "lost" { "was lost" } else { "failed" }
}

fn too_long(allocation: &Allocation, most: Duration) -> Failure {
    let Allocation { name, state, .. } = allocation;
    let told = format!("{name} is still {state} after {} s; look again with `berth show {name}`.", most.as_secs());
    Failure::local(Exit::Other, "deadline_exceeded", told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transient_and_unknown_states_are_on_the_way() {
        for state in ["requested", "placing", "creating", "starting", "stopping", "upgrading"] {
            assert_eq!(standing(Goal::Running, "running", state), Standing::OnTheWay, "{state}");
        }
        assert_eq!(standing(Goal::Stopped, "stopped", "running"), Standing::OnTheWay);
    }

    #[test]
    fn what_cannot_become_so_any_more_ends_the_wait() {
        assert_eq!(standing(Goal::Running, "running", "failed"), Standing::OutOfReach);
        assert_eq!(standing(Goal::Running, "stopped", "stopped"), Standing::OutOfReach);
        assert_eq!(standing(Goal::Running, "running", "stopped"), Standing::OnTheWay);
        assert_eq!(standing(Goal::Stopped, "stopped", "failed"), Standing::Reached);
    }
}
