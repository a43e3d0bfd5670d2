//! `machines`: what can be allocated.

use serde_json::json;

use crate::args::Machines;
use crate::call::Call;
use crate::context::Context;
use crate::failure::Failure;
use crate::model::{Machine, read};
use crate::render;

pub async fn run(context: &Context, args: &Machines) -> Result<(), Failure> {
    let call = Call::get("/machines").anonymous().query("category", args.category.as_ref());
    let items = context.api.list(call).await?;
    let machines = items.iter().map(read).collect::<Result<Vec<Machine>, _>>()?;
    context.output.result(&json!({ "items": items }), || render::machines(&machines))
}
