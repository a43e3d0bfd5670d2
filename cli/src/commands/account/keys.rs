//! `keys`: API keys, for programs that work in one's name.

use serde_json::json;

use crate::args::account::{KeyCreate, Keys, KeysCommand};
use crate::call::Call;
use crate::client::Client;
use crate::commands::listing::Listing;
use crate::commands::{ask, find};
use crate::failure::Failure;
use crate::render::{self, Field};

const PATH: &str = "/user/api-keys";

const LIST: Listing = Listing {
    fields: &[
        Field::text("name", "name"),
        Field::text("ends in", "hint"),
        Field::text("scopes", "scopes"),
        Field::ago("made", "created_at"),
        Field::left("expires", "expires_at"),
        Field::ago("used", "last_used_at"),
        Field::text("id", "id"),
    ],
    none: "You have no API keys.",
};

const NEW_FIELDS: [Field; 5] = [
    Field::text("name", "name"),
    Field::text("key", "key"),
    Field::text("scopes", "scopes"),
    Field::left("expires", "expires_at"),
    Field::text("id", "id"),
];

pub async fn keys(client: &Client, args: &Keys) -> Result<(), Failure> {
    match args.command.as_ref().unwrap_or(&KeysCommand::Ls) {
        KeysCommand::Ls => LIST.all(client, Call::get(PATH)).await,
        KeysCommand::Create(args) => create(client, args).await,
        KeysCommand::Rm { key, consent } => {
            ask::consent(*consent, &format!("What uses {key} stops working."))?;
            let id = find::by_name(client, PATH, "API key", key).await?;
            let answer = client.api.send(Call::delete(format!("{PATH}/{id}"))).await?;
            client.output.result(&answer, || format!("{key} stops working within a second or two."))
        }
    }
}

async fn create(client: &Client, args: &KeyCreate) -> Result<(), Failure> {
    let mut body = json!({ "name": args.name, "scopes": args.scopes });
    if let Some(span) = args.expires {
        body["expires_at"] = json!(client.ambient.now().plus(span.get()));
    }
    let answer = client.api.send(Call::post(PATH).body(body)).await?;
    client.output.warn("Keep the key now: it is not shown again.");
    client.output.result(&answer, || render::thing(&NEW_FIELDS, &answer, client.look()))
}
