//! `ls`: one's allocations.

use serde_json::json;

use super::find;
use crate::args::allocation::List;
use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;
use crate::model::{Allocation, read};
use crate::render;

pub async fn run(client: &Client, args: &List) -> Result<(), Failure> {
    let machine = match &args.machine {
        Some(machine) => Some(find::machine_id(client, machine).await?),
        None => None,
    };
    let call = Call::get("/allocations")
        .query("state", args.state.as_ref())
        .query("machine_id", machine)
        .query("name", args.name.as_ref())
        .query("q", args.query.as_ref())
        .query("sort", args.sort.as_ref());
    let items = client.api.list(call, None).await?;
    let allocations = items.iter().map(read).collect::<Result<Vec<Allocation>, _>>()?;
    if allocations.is_empty() {
        client.output.aside("There are none yet. Make one with `berth create MACHINE`; `berth machines` lists them.");
    }
    client.output.result(&json!({ "items": items }), || render::allocations(&allocations, client.look()))
}
