//! `rename`: gives an allocation another name; its address stays.

use serde_json::json;

use super::find;
use crate::args::allocation::Rename;
use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;

pub async fn run(client: &Client, args: &Rename) -> Result<(), Failure> {
    let before = &args.target.allocation;
    let id = find::allocation_id(client, before).await?;
    let call = Call::patch(format!("/allocations/{id}")).body(json!({ "name": args.name }));
    let answer = client.api.send(call).await?;
    client.output.result(&answer, || format!("{before} is {} now", args.name))
}
