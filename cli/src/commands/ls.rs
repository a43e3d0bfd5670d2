//! `ls`: one's allocations.

use super::find;
use crate::args::allocation::List;
use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;
use crate::model::{Allocation, read};
use crate::render;

const NONE_YET: &str = "There are none yet. Make one with `berth create MACHINE`; `berth machines` lists them.";
const NONE_FITS: &str = "None of yours fits.";

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
    let none = if is_filtered(args) { NONE_FITS } else { NONE_YET };
    client.output.list(&items, none, || render::allocations(&allocations, client.look()))
}

const fn is_filtered(args: &List) -> bool {
    args.state.is_some() || args.machine.is_some() || args.name.is_some() || args.query.is_some()
}
