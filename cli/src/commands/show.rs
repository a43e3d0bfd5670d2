//! `show`: one allocation.

use super::find;
use crate::args::Target;
use crate::context::Context;
use crate::failure::Failure;
use crate::model::{Allocation, read};
use crate::render;

pub async fn run(context: &Context, args: &Target) -> Result<(), Failure> {
    let answer = find::allocation(context, &args.allocation).await?;
    let allocation: Allocation = read(&answer)?;
    context.output.result(&answer, || render::allocation(&allocation, context.ambient.now()))
}
