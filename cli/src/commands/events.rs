//! `events`: what happened to an allocation, and why.

use super::{find, listing};
use crate::args::allocation::Events;
use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;
use crate::render::Field;

const FIELDS: [Field; 4] = [
    Field::when("at", "at"),
    Field::state("state", "state"),
    Field::text("cause", "cause"),
    Field::text("reason", "reason/detail"),
];

pub async fn run(client: &Client, args: &Events) -> Result<(), Failure> {
    let id = find::allocation_id(client, &args.target.allocation).await?;
    let call = Call::get(format!("/allocations/{id}/events"));
    listing::list(client, call, Some(args.limit), &FIELDS, "Nothing happened yet.").await
}
