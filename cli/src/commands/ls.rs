//! `ls`: one's allocations.

use serde_json::json;

use super::find;
use crate::args::List;
use crate::call::Call;
use crate::context::Context;
use crate::failure::Failure;
use crate::model::{Allocation, read};
use crate::render;

pub async fn run(context: &Context, args: &List) -> Result<(), Failure> {
    let machine = match &args.machine {
        Some(machine) => Some(find::id_of(&find::machine(context, machine).await?)?),
        None => None,
    };
    let call = Call::get("/allocations").query("state", args.state.as_ref()).query("machine_id", machine);
    let items = context.api.list(call).await?;
    let allocations = items.iter().map(read).collect::<Result<Vec<Allocation>, _>>()?;
    if allocations.is_empty() {
        context.output.aside("There are none yet. Make one with `berth create MACHINE`; `berth machines` lists them.");
    }
    context.output.result(&json!({ "items": items }), || render::allocations(&allocations, context.ambient.now()))
}
