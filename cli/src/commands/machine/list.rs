//! `machines`: what can be allocated.

use crate::args::machine::List;
use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;
use crate::model::{Machine, read};
use crate::render;

pub async fn list(client: &Client, args: &List) -> Result<(), Failure> {
    let call = Call::get("/machines")
        .anonymous()
        .query("category", args.category.as_ref())
        .query("name", args.name.as_ref())
        .query("q", args.query.as_ref())
        .query("sort", args.sort.as_ref())
        .query("active", (!args.all).then_some(true));
    let items = client.api.list(call, None).await?;
    let machines = items.iter().map(read).collect::<Result<Vec<Machine>, _>>()?;
    client.output.list(&items, "There are none of that kind.", || render::machines(&machines, client.look()))
}
