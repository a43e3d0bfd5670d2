//! `show`: one allocation.

use super::find;
use crate::args::allocation::Target;
use crate::client::Client;
use crate::failure::Failure;
use crate::model::{Allocation, read};
use crate::render;

pub async fn run(client: &Client, args: &Target) -> Result<(), Failure> {
    let answer = find::allocation(client, &args.allocation).await?;
    let allocation: Allocation = read(&answer)?;
    client.output.result(&answer, || render::allocation(&allocation, client.look()))
}
