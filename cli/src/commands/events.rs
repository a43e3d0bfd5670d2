//! `events`: what happened to an allocation, and why.

use super::find;
use super::listing::Listing;
use crate::args::allocation::Events;
use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;
use crate::render::Field;

const LIST: Listing = Listing {
    fields: &[
        Field::when("at", "at"),
        Field::state("state", "state"),
        Field::text("cause", "cause"),
        Field::text("by", "actor"),
        Field::text("reason", "reason/detail"),
    ],
    none: "Nothing happened yet.",
};

pub async fn run(client: &Client, args: &Events) -> Result<(), Failure> {
    let id = find::allocation_id(client, &args.target.allocation).await?;
    let call = Call::get(format!("/allocations/{id}/events"));
    LIST.up_to(client, args.limit, call).await
}
