//! `notify preferences`: which kinds of news come by which channel. Security mails stay on.

use serde_json::json;

use crate::args::notify::{Preferences, PreferencesCommand};
use crate::call::Call;
use crate::client::Client;
use crate::commands::listing::Listing;
use crate::failure::Failure;
use crate::render::Field;

const PATH: &str = "/notifications/preferences";

const LIST: Listing = Listing {
    fields: &[
        Field::text("kind", "kind"),
        Field::text("channel", "channel"),
        Field::yes_or_no("on", "enabled"),
        Field::yes_or_no("always", "locked"),
    ],
    none: "There are none.",
};

pub async fn run(client: &Client, args: &Preferences) -> Result<(), Failure> {
    match args.command.as_ref().unwrap_or(&PreferencesCommand::Ls) {
        PreferencesCommand::Ls => LIST.all(client, Call::get(PATH)).await,
        PreferencesCommand::Set { kind, channel, enabled } => {
            let body = json!({ "items": [{ "kind": kind, "channel": channel, "enabled": enabled }] });
            let answer = client.api.send(Call::put(PATH).body(body)).await?;
            let is = if *enabled { "comes" } else { "does not come" };
            client.output.result(&answer, || format!("{kind} {is} by {channel} from now on"))
        }
    }
}
