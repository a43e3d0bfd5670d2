//! `rm`: removes an allocation.

use std::time::Duration;

use super::{ask, find};
use crate::args::allocation::Remove;
use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::wait::{self, Goal};

pub async fn run(client: &Client, args: &Remove) -> Result<(), Failure> {
    let wanted = &args.target.allocation;
    ask::consent(args.consent, &format!("{wanted} is removed with its data."))?;
    let progress = Progress::start(client.output.is_watched(), format!("removing {wanted}"));
    let id = find::allocation_id(client, wanted).await?;
    let call = Call::delete(format!("/allocations/{id}")).query("force", args.force.then_some(true));
    let answer = if args.waiting.no_wait {
        client.api.send(call).await?
    } else {
        let most = Duration::from_secs(args.waiting.timeout);
        let answer = client.api.send(call.header("Prefer", format!("wait={}", wait::question(client)))).await?;
        if answer["id"].is_null() {
            answer
        } else {
            wait::until(client, &progress, answer, Goal::Removed, most).await?
        }
    };
    drop(progress);
    let told = if args.waiting.no_wait { "will be removed" } else { "is removed" };
    client.output.result(&answer, || format!("{wanted} {told}"))
}
