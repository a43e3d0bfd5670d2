//! `admin dead-letters` and `resend`: messages that could not be delivered.

use crate::args::admin::DeadLetters;
use crate::call::Call;
use crate::client::Client;
use crate::commands::listing;
use crate::failure::Failure;
use crate::render::Field;

const PATH: &str = "/notifications/dead-letters";

const FIELDS: [Field; 7] = [
    Field::when("at", "created_at"),
    Field::text("kind", "kind"),
    Field::text("channel", "channel"),
    Field::text("to", "recipient"),
    Field::text("tries", "attempts"),
    Field::long("why", "last_error"),
    Field::text("id", "id"),
];

pub async fn list(client: &Client, args: &DeadLetters) -> Result<(), Failure> {
    listing::list(client, Call::get(PATH), Some(args.limit), &FIELDS, "There are none.").await
}

pub async fn resend(client: &Client, id: &str) -> Result<(), Failure> {
    let answer = client.api.send(Call::post(format!("{PATH}/{id}/resend"))).await?;
    client.output.result(&answer, || format!("{id} is tried again"))
}
