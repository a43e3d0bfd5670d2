//! `machine create`: adds a machine to the catalogue.

use super::description;
use crate::args::machine::Description;
use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;
use crate::model::{Machine, read};

pub async fn run(client: &Client, args: &Description) -> Result<(), Failure> {
    let answer = client.api.send(Call::post("/machines").body(description::read(&args.file)?)).await?;
    let machine: Machine = read(&answer)?;
    client.output.result(&answer, || format!("{} is in the catalogue: {}", machine.name, machine.id))
}
