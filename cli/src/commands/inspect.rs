//! `inspect`: how an allocation's container is set up. Its shape is the platform's own, so people get it as JSON too.

use super::find;
use crate::args::allocation::Target;
use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;

pub async fn run(client: &Client, args: &Target) -> Result<(), Failure> {
    let id = find::allocation_id(client, &args.allocation).await?;
    let answer = client.api.send(Call::get(format!("/allocations/{id}/inspect"))).await?;
    client.output.result(&answer, || serde_json::to_string_pretty(&answer).unwrap_or_default())
}
