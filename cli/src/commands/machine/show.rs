//! `machine show`: one machine, and what it can be told.

use super::find;
use crate::args::machine::Target;
use crate::client::Client;
use crate::failure::Failure;
use crate::model::{Machine, read};
use crate::render;

pub async fn run(client: &Client, args: &Target) -> Result<(), Failure> {
    let answer = find::machine(client, &args.machine).await?;
    let machine: Machine = read(&answer)?;
    client.output.result(&answer, || render::machine(&machine, client.look()))
}
