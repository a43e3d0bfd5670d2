//! `connect`: host, port, ready-made URIs and commands, and the secrets in them.

use super::find;
use crate::args::Target;
use crate::call::Call;
use crate::context::Context;
use crate::failure::Failure;
use crate::model::{Connection, read};
use crate::render;

pub async fn run(context: &Context, args: &Target) -> Result<(), Failure> {
    let id = find::allocation_id(context, &args.allocation).await?;
    let answer = context.api.send(Call::get(format!("/allocations/{id}/connection"))).await?;
    let connection: Connection = read(&answer)?;
    context.output.result(&answer, || render::connection(&connection))
}
