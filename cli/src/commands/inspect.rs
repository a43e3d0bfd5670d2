//! `inspect`: how an allocation's container is set up. Its shape is the platform's own, so people get it as JSON too.

use super::find;
use crate::args::Target;
use crate::call::Call;
use crate::context::Context;
use crate::failure::Failure;

pub async fn run(context: &Context, args: &Target) -> Result<(), Failure> {
    let id = find::allocation_id(context, &args.allocation).await?;
    let answer = context.api.send(Call::get(format!("/allocations/{id}/inspect"))).await?;
    context.output.result(&answer, || serde_json::to_string_pretty(&answer).unwrap_or_default())
}
