//! `rm`: removes an allocation.

use std::time::Duration;

use serde_json::{Map, Value};

use super::find;
use crate::args::Remove;
use crate::call::Call;
use crate::context::Context;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::wait::{self, Goal};

pub async fn run(context: &Context, args: &Remove) -> Result<(), Failure> {
    let wanted = &args.target.allocation;
    let progress = Progress::start(context.output.is_watched(), format!("removing {wanted}"));
    let id = find::allocation_id(context, wanted).await?;
    let call = Call::delete(format!("/allocations/{id}"))
        .query("force", args.force.then_some(true))
        .query("keep_volumes", args.keep_volumes.then_some(true));
    let answer = if args.waiting.no_wait {
        context.api.send(call).await?
    } else {
        let most = Duration::from_secs(args.waiting.timeout);
        let answer = context.api.send(call.header("Prefer", format!("wait={}", wait::question(context)))).await?;
        if answer.is_null() { answer } else { wait::until(context, &progress, answer, Goal::Removed, most).await? }
    };
    drop(progress);
    let answer = if answer.is_null() { Value::Object(Map::new()) } else { answer };
    let told = if args.waiting.no_wait { "will be removed" } else { "is removed" };
    context.output.result(&answer, || format!("{wanted} {told}"))
}
