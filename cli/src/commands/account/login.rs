//! `login`, `logout` and `whoami`.

use serde_json::json;

use crate::args::account::Login;
use crate::call::Call;
use crate::client::Client;
use crate::commands::ask;
use crate::credentials::Credential;
use crate::failure::{Exit, Failure};
use crate::model::{User, read};
use crate::render;

pub async fn log_in(client: &Client, args: &Login) -> Result<(), Failure> {
    if args.key {
        return keep_key(client).await;
    }
    let email = ask::text(args.email.as_ref(), "--email", "E-mail")?;
    let password = ask::password(args.password.as_ref())?;
    client.api.log_in(&email, &password).await?;
    if client.api.token().is_some() {
        client.output.warn("BERTH_TOKEN is set: commands use that key, and not this login.");
    }
    let url = client.api.url();
    client.output.result(&json!({ "url": url, "email": email }), || format!("You are logged in at {url} as {email}."))
}

/// A key that the platform does not know is not kept. One that may not read the account is good all the same.
async fn keep_key(client: &Client) -> Result<(), Failure> {
    let api = &client.api;
    let key = ask::secret(api.token(), "BERTH_TOKEN", "API key")?;
    match api.with_token(&key).send(Call::get("/user/me")).await {
        Err(failure) if failure.exit != Exit::Forbidden => return Err(failure),
        _ => {}
    }
    api.store.save(&api.store.lock().await?, Credential::Key { api_key: key })?;
    let url = api.url();
    client.output.result(&json!({ "url": url }), || format!("Commands at {url} use this API key from now on."))
}

/// A session that the platform does not know any more is as good as ended. A key is forgotten here and stays valid.
pub async fn log_out(client: &Client) -> Result<(), Failure> {
    let api = &client.api;
    let is_key = matches!(api.store.load()?, Some(Credential::Key { .. }));
    if !is_key {
        match api.kept().send(Call::post("/user/logout").repeatable()).await {
            Err(failure) if failure.exit != Exit::NotLoggedIn => return Err(failure),
            _ => {}
        }
    }
    api.store.forget(&api.store.lock().await?)?;
    let url = api.url();
    client.output.result(&json!({ "url": url }), || {
        if is_key {
            format!("The API key for {url} is forgotten here; `berth keys rm` takes it back.")
        } else {
            format!("You are logged out at {url}.")
        }
    })
}

pub async fn who_am_i(client: &Client) -> Result<(), Failure> {
    let answer = client.api.send(Call::get("/user/me")).await?;
    let user: User = read(&answer)?;
    client.output.result(&answer, || render::user(&user, client.look()))
}
