//! `notify webhooks`: addresses that are told of events, each with a secret that signs what they get.

use serde_json::{Value, json};

use crate::args::notify::{WebhookUpdate, Webhooks};
use crate::call::Call;
use crate::client::Client;
use crate::commands::{ask, listing};
use crate::failure::Failure;
use crate::render::{self, Field};

const PATH: &str = "/notifications/webhooks";

const FIELDS: [Field; 4] = [
    Field::text("id", "id"),
    Field::text("url", "url"),
    Field::text("events", "events"),
    Field::ago("made", "created_at"),
];

const SECRET_FIELDS: [Field; 4] = [
    Field::text("id", "id"),
    Field::text("url", "url"),
    Field::text("events", "events"),
    Field::text("secret", "secret"),
];

const DELIVERY_FIELDS: [Field; 6] = [
    Field::when("at", "created_at"),
    Field::text("event", "event"),
    Field::state("state", "state"),
    Field::text("tries", "attempts"),
    Field::long("answer", "last_error"),
    Field::text("id", "id"),
];

pub async fn run(client: &Client, command: &Webhooks) -> Result<(), Failure> {
    match command {
        Webhooks::Ls => listing::list(client, Call::get(PATH), None, &FIELDS, "You have no webhooks.").await,
        Webhooks::Add { url, events } => {
            with_secret(client, Call::post(PATH).body(json!({ "url": url, "events": events }))).await
        }
        Webhooks::Update(args) => update(client, args).await,
        Webhooks::Rm { target, consent } => {
            ask::consent(*consent, "The webhook is told nothing any more.")?;
            let answer = client.api.send(Call::delete(path(&target.id))).await?;
            client.output.result(&answer, || format!("{} is removed", target.id))
        }
        Webhooks::Rotate(target) => with_secret(client, Call::post(format!("{}/rotate", path(&target.id)))).await,
        Webhooks::Test(target) => {
            let answer = client.api.send(Call::post(format!("{}/test", path(&target.id)))).await?;
            client.output.result(&answer, || {
                format!("Something is on its way; see: berth notify webhooks deliveries {}", target.id)
            })
        }
        Webhooks::Deliveries { target, limit } => {
            let call = Call::get(format!("{}/deliveries", path(&target.id)));
            listing::list(client, call, Some(*limit), &DELIVERY_FIELDS, "Nothing was sent yet.").await
        }
    }
}

fn path(id: &str) -> String {
    format!("{PATH}/{id}")
}

async fn update(client: &Client, args: &WebhookUpdate) -> Result<(), Failure> {
    let mut change = json!({});
    if let Some(url) = &args.to {
        change["url"] = json!(url);
    }
    if !args.events.is_empty() {
        change["events"] = json!(args.events);
    }
    let answer = client.api.send(Call::patch(path(&args.target.id)).body(change).repeatable()).await?;
    listing::thing(client, &answer, &FIELDS)
}

async fn with_secret(client: &Client, call: Call) -> Result<(), Failure> {
    let answer: Value = client.api.send(call).await?;
    client.output.warn("Keep the secret now: it is not shown again.");
    client.output.result(&answer, || render::thing(&SECRET_FIELDS, &answer, client.look()))
}
