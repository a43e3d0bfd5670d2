//! `email`: moves the account to another mail address, once a code has shown that it is theirs.

use serde_json::json;

use crate::args::account::Email;
use crate::call::Call;
use crate::client::Client;
use crate::commands::ask;
use crate::failure::Failure;

pub async fn change_email(client: &Client, args: &Email) -> Result<(), Failure> {
    let password = ask::password(args.password.as_ref())?;
    let body = json!({ "email": args.new, "password": password });
    let answer = client.api.send(Call::post("/user/me/email").body(body)).await?;
    let new = &args.new;
    client
        .output
        .result(&answer, || format!("A code is on its way to {new}. Then: berth verify --email {new} --otp CODE"))
}
