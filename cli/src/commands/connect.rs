//! `connect`: host, port, ready-made URIs and commands, and the secrets in them.

use super::find;
use crate::args::allocation::Target;
use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;
use crate::model::{Connection, read};
use crate::render;

pub async fn run(client: &Client, args: &Target) -> Result<(), Failure> {
    let id = find::allocation_id(client, &args.allocation).await?;
    let answer = client.api.send(Call::get(format!("/allocations/{id}/connection"))).await?;
    let connection: Connection = read(&answer)?;
    client.output.result(&answer, || render::connection(&connection, client.look()))
}
