//! `quota`: what one may hold, and what one does.

use crate::call::Call;
use crate::context::Context;
use crate::failure::Failure;
use crate::model::{Quota, read};
use crate::render;

pub async fn run(context: &Context) -> Result<(), Failure> {
    let answer = context.api.send(Call::get("/allocations/quota")).await?;
    let quota: Quota = read(&answer)?;
    context.output.result(&answer, || render::quota(&quota))
}
