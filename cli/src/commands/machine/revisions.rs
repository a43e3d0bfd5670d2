//! `machine revisions`: what a machine was before its changes.

use super::find;
use crate::args::machine::Revisions;
use crate::call::Call;
use crate::client::Client;
use crate::commands::listing::Listing;
use crate::failure::Failure;
use crate::render::Field;

const LIST: Listing = Listing {
    fields: &[
        Field::text("revision", "revision"),
        Field::when("at", "at"),
        Field::text("by", "actor"),
        Field::yes_or_no("offered", "active"),
        Field::yes_or_no("deleted", "deleted"),
        Field::text("image", "machine/image"),
    ],
    none: "There are none.",
};

pub async fn run(client: &Client, args: &Revisions) -> Result<(), Failure> {
    let id = find::machine_id(client, &args.target.machine).await?;
    let call = Call::get(format!("/machines/{id}/revisions"));
    LIST.up_to(client, args.limit, call).await
}
