//! `passwd` and `password-reset`: a new password, by the old one or by a code.

use serde_json::{Value, json};

use super::code;
use crate::args::account::{Passwd, PasswordReset};
use crate::call::Call;
use crate::client::Client;
use crate::commands::ask;
use crate::failure::Failure;

const NEW: &str = "--new-password or BERTH_NEW_PASSWORD";

/// The change ends every login, this one too; so a new one is made at once.
pub async fn change_password(client: &Client, args: &Passwd) -> Result<(), Failure> {
    let current = ask::password(args.password.as_ref())?;
    let new = ask::new_password(args.new.new_password.as_ref(), NEW)?;
    let email = email(&client.api.send(Call::get("/user/me")).await?)?;
    let body = json!({ "current_password": current, "new_password": new });
    let answer = client.api.send(Call::post("/user/me/password").body(body)).await?;
    client.api.log_in(&email, &new).await.map_err(|failure| {
        let told = format!("The password is changed, but the new login failed: {}", failure.sentence());
        Failure::local(failure.exit, failure.code(), told)
    })?;
    client.output.result(&answer, || "The password is changed, and every other login has ended.")
}

/// Without a code, one is sent and asked for.
pub async fn reset_password(client: &Client, args: &PasswordReset) -> Result<(), Failure> {
    let email = ask::text(args.email.as_ref(), "--email", "E-mail")?;
    if args.otp.is_none() && ask::is_attended() {
        client.api.send(code::request(&email, Some("reset"), args.channel.as_deref())).await?;
        client.output.aside(format!("If {email} has an account, a code is on its way."));
    }
    let otp = ask::text(args.otp.as_ref(), "--otp", "Code")?;
    let new = ask::new_password(args.new.new_password.as_ref(), NEW)?;
    let body = json!({ "email": email, "otp": otp, "new_password": new });
    let answer = client.api.send(Call::post("/user/password-reset").anonymous().body(body)).await?;
    client.output.result(&answer, || format!("The password is changed. Then: berth login --email {email}"))
}

fn email(user: &Value) -> Result<String, Failure> {
    user["email"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Failure::other("The platform's answer has no mail address."))
}
