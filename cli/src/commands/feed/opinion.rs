//! `likes`, `like`, `dislike` and `unlike`: what one thinks of a machine; twice is once.

use serde_json::json;

use crate::args::feed::Machine;
use crate::call::Call;
use crate::client::Client;
use crate::commands::{find, listing};
use crate::failure::{Exit, Failure};
use crate::render::Field;

const FIELDS: [Field; 3] =
    [Field::text("likes", "likes"), Field::text("dislikes", "dislikes"), Field::state("yours", "mine")];

/// Needs no login; with one, it also shows one's own.
pub async fn likes(client: &Client, args: &Machine) -> Result<(), Failure> {
    let call = Call::get(path(client, args).await?);
    let call = match client.api.credential() {
        Err(failure) if failure.exit == Exit::NotLoggedIn => call.anonymous(),
        _ => call,
    };
    show(client, call).await
}

pub async fn like(client: &Client, args: &Machine) -> Result<(), Failure> {
    show(client, Call::put(path(client, args).await?).body(json!({ "status": "like" }))).await
}

pub async fn dislike(client: &Client, args: &Machine) -> Result<(), Failure> {
    show(client, Call::put(path(client, args).await?).body(json!({ "status": "dislike" }))).await
}

pub async fn unlike(client: &Client, args: &Machine) -> Result<(), Failure> {
    show(client, Call::delete(path(client, args).await?)).await
}

async fn path(client: &Client, args: &Machine) -> Result<String, Failure> {
    Ok(format!("/feed/{}/like", find::machine_id(client, &args.machine).await?))
}

async fn show(client: &Client, call: Call) -> Result<(), Failure> {
    let answer = client.api.send(call).await?;
    listing::thing(client, &answer, &FIELDS)
}
