//! `notify webhooks`: addresses that are told of events, each with a secret that signs what they get.

use serde_json::{Value, json};

use crate::args::notify::{WebhookUpdate, Webhooks};
use crate::call::Call;
use crate::client::Client;
use crate::commands::ask;
use crate::commands::listing::{self, Listing};
use crate::failure::Failure;
use crate::render::{self, Field};

const PATH: &str = "/notifications/webhooks";

const FIELDS: [Field; 6] = [
    Field::text("id", "id"),
    Field::text("url", "url"),
    Field::text("events", "events"),
    Field::yes_or_no("on", "active"),
    Field::text("off because", "disabled_reason"),
    Field::ago("failing since", "failing_since"),
];

const SECRET_FIELDS: [Field; 4] = [
    Field::text("id", "id"),
    Field::text("url", "url"),
    Field::text("events", "events"),
    Field::text("secret", "secret"),
];

const DELIVERY_LIST: Listing = Listing {
    fields: &[
        Field::when("at", "created_at"),
        Field::text("event", "event"),
        Field::state("state", "state"),
        Field::text("tries", "attempts"),
        Field::text("answer", "status"),
        Field::text("why", "reason"),
        Field::text("id", "id"),
    ],
    none: "Nothing was sent yet.",
};

pub async fn run(client: &Client, command: &Webhooks) -> Result<(), Failure> {
    match command {
        Webhooks::Ls => Listing { fields: &FIELDS, none: "You have no webhooks." }.all(client, Call::get(PATH)).await,
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
        Webhooks::Deliveries(target) => {
            DELIVERY_LIST.all(client, Call::get(format!("{}/deliveries", path(&target.id)))).await
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
    if let Some(active) = args.active {
        change["active"] = json!(active);
    }
    let answer = client.api.send(Call::patch(path(&args.target.id)).body(change).repeatable()).await?;
    listing::thing(client, &answer, &FIELDS)
}

async fn with_secret(client: &Client, call: Call) -> Result<(), Failure> {
    let answer: Value = client.api.send(call).await?;
    client.output.warn("Keep the secret now: it is not shown again.");
    client.output.result(&answer, || render::thing(&SECRET_FIELDS, &answer, client.look()))
}
