//! `machine revisions`: what a machine was before its changes.

use super::super::listing;
use super::find;
use crate::args::machine::Target;
use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;
use crate::render::Field;

const FIELDS: [Field; 4] = [
    Field::text("revision", "revision"),
    Field::when("at", "created_at"),
    Field::text("by", "changed_by"),
    Field::text("image", "image"),
];

pub async fn run(client: &Client, args: &Target) -> Result<(), Failure> {
    let id = find::machine_id(client, &args.machine).await?;
    let call = Call::get(format!("/machines/{id}/revisions"));
    listing::list(client, call, None, &FIELDS, "There are none.").await
}
