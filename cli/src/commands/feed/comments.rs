//! `comments`: reads and writes what people say about a machine.

use serde_json::json;

use crate::args::feed::{Comment, Comments};
use crate::call::Call;
use crate::client::Client;
use crate::commands::{ask, find};
use crate::failure::Failure;
use crate::render;

pub async fn comments(client: &Client, command: &Comments) -> Result<(), Failure> {
    match command {
        Comments::Ls { target, limit } => {
            let items =
                client.api.list(Call::get(path(client, &target.machine).await?).anonymous(), Some(*limit)).await?;
            client.output.list(&items, "Nobody said anything yet.", || render::comments(&items, client.look()))
        }
        Comments::Add { target, text } => {
            let call = Call::post(path(client, &target.machine).await?).body(json!({ "text": text }));
            told(client, call, "The comment is there").await
        }
        Comments::Edit { target, text } => {
            let call = Call::patch(one(client, target).await?).body(json!({ "text": text })).repeatable();
            told(client, call, "The comment is changed").await
        }
        Comments::Rm { target, consent } => {
            ask::consent(*consent, "The comment is removed.")?;
            told(client, Call::delete(one(client, target).await?), "The comment is removed").await
        }
    }
}

async fn path(client: &Client, machine: &str) -> Result<String, Failure> {
    Ok(format!("/feed/{}/comments", find::machine_id(client, machine).await?))
}

async fn one(client: &Client, target: &Comment) -> Result<String, Failure> {
    Ok(format!("{}/{}", path(client, &target.machine).await?, target.id))
}

async fn told(client: &Client, call: Call, told: &str) -> Result<(), Failure> {
    let answer = client.api.send(call).await?;
    client.output.result(&answer, || match answer["id"].as_str() {
        Some(id) => format!("{told}: {id}"),
        None => told.to_owned(),
    })
}
