//! `delete-account`: the end of an account. People type its address, so that nobody does it by habit.

use serde_json::Value;

use crate::args::account::DeleteAccount;
use crate::call::Call;
use crate::client::Client;
use crate::commands::ask;
use crate::failure::Failure;
use crate::model::{User, read};

pub async fn delete(client: &Client, args: &DeleteAccount) -> Result<(), Failure> {
    let user: User = read(&client.api.send(Call::get("/user/me")).await?)?;
    let what = format!("{} is deleted, with all its allocations and their data.", user.email);
    ask::consent_by_typing(args.consent, &what, &user.email)?;
    let answer: Value = client.api.send(Call::delete("/user/me")).await?;
    client.api.store.forget(&client.api.store.lock().await?)?;
    client.output.result(&answer, || format!("{} is being deleted; its logins have ended.", user.email))
}
