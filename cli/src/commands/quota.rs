//! `quota`: what one may hold, and what one does.

use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;
use crate::model::{Quota, read};
use crate::render;

pub async fn run(client: &Client) -> Result<(), Failure> {
    let answer = client.api.send(Call::get("/allocations/quota")).await?;
    let quota: Quota = read(&answer)?;
    client.output.result(&answer, || render::quota(&quota, client.look()))
}
