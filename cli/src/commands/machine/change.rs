//! `machine update`, `activate` and `deactivate`: changes that name the revision they were thought up for, so that nobody's
//! change is lost.

use serde_json::{Value, json};

use super::{description, find};
use crate::args::machine::{Target, Update};
use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;
use crate::model::{Machine, read};

pub async fn update(client: &Client, args: &Update) -> Result<(), Failure> {
    let change = description::read(&args.description.file)?;
    let answer = send(client, &args.target.machine, change, args.revision).await?;
    let machine: Machine = read(&answer)?;
    client.output.result(&answer, || format!("{} is at revision {}", machine.name, machine.revision))
}

pub async fn offer(client: &Client, args: &Target, active: bool) -> Result<(), Failure> {
    let answer = send(client, &args.machine, json!({ "active": active }), None).await?;
    let told = if active { "is offered" } else { "is not offered any more" };
    client.output.result(&answer, || format!("{} {told}", args.machine))
}

/// At a revision, or at the one that the machine has now.
async fn send(client: &Client, machine: &str, change: Value, revision: Option<u64>) -> Result<Value, Failure> {
    let present = find::machine(client, machine).await?;
    let id = find::id_of(&present)?;
    let revision = revision.map_or_else(|| present["revision"].to_string(), |revision| revision.to_string());
    client
        .api
        .send(Call::patch(format!("/machines/{id}")).header("If-Match", format!("\"{revision}\"")).body(change))
        .await
}
