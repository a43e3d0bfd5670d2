//! `admin dead-letters` and `resend`: messages that could not be delivered.

use crate::args::admin::DeadLetters;
use crate::call::Call;
use crate::client::Client;
use crate::commands::find;
use crate::commands::listing::Listing;
use crate::failure::Failure;
use crate::render::Field;

const PATH: &str = "/notifications/dead-letters";

const LIST: Listing = Listing {
    fields: &[
        Field::when("at", "created_at"),
        Field::text("kind", "kind"),
        Field::text("channel", "channel"),
        Field::text("to", "recipient"),
        Field::text("tries", "attempts"),
        Field::text("why", "reason"),
        Field::text("id", "id"),
    ],
    none: "There are none.",
};

pub async fn list(client: &Client, args: &DeadLetters) -> Result<(), Failure> {
    let user = match &args.user {
        Some(user) => Some(find::user_id(client, user).await?),
        None => None,
    };
    let call = Call::get(PATH)
        .query("channel", args.channel.as_ref())
        .query("kind", args.kind.as_ref())
        .query("user_id", user);
    LIST.up_to(client, args.limit, call).await
}

pub async fn resend(client: &Client, id: &str) -> Result<(), Failure> {
    let answer = client.api.send(Call::post(format!("{PATH}/{id}/resend"))).await?;
    client.output.result(&answer, || format!("{id} is tried again"))
}
