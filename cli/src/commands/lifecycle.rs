//! `stop`, `start` and `restart`: one path with three names.

use std::time::Duration;

use super::find;
use crate::args::allocation::Change;
use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;
use crate::model::{Allocation, read};
use crate::progress::Progress;
use crate::wait::{self, Goal};

/// How long the platform may hold the first answer. Full length always: of a restart that is still `running` nobody could
/// tell whether it was restarted yet.
const FIRST_ANSWER: u64 = 20;

/// One of the three.
#[derive(Clone, Copy)]
pub struct Verb {
    path: &'static str,
    doing: &'static str,
    goal: Goal,
    /// Twice is once; not so with a restart.
    repeatable: bool,
}

pub const STOP: Verb = Verb { path: "stop", doing: "stopping", goal: Goal::Stopped, repeatable: true };
pub const START: Verb = Verb { path: "start", doing: "starting", goal: Goal::Running, repeatable: true };
pub const RESTART: Verb = Verb { path: "restart", doing: "restarting", goal: Goal::Running, repeatable: false };

pub async fn run(client: &Client, verb: Verb, args: &Change) -> Result<(), Failure> {
    let wanted = &args.target.allocation;
    let progress = Progress::start(client.output.is_watched(), format!("{} {wanted}", verb.doing));
    let id = find::allocation_id(client, wanted).await?;
    let call = Call::post(format!("/allocations/{id}/{}", verb.path));
    let call = if verb.repeatable { call.repeatable() } else { call };
    let answer = if args.waiting.no_wait {
        client.api.send(call).await?
    } else {
        let first = FIRST_ANSWER.min(args.waiting.timeout.max(1));
        let answer = client.api.send(call.header("Prefer", format!("wait={first}"))).await?;
        wait::until(client, &progress, answer, verb.goal, Duration::from_secs(args.waiting.timeout)).await?
    };
    drop(progress);
    let allocation: Allocation = read(&answer)?;
    client.output.result(&answer, || format!("{} is {}", allocation.name, allocation.state))
}
