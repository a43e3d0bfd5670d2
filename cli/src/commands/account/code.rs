//! `otp` and `verify`: a code to a mail address, and back.

use serde_json::json;

use crate::args::account::{Otp, Verify};
use crate::call::Call;
use crate::client::Client;
use crate::commands::ask;
use crate::failure::Failure;

pub async fn ask_for_code(client: &Client, args: &Otp) -> Result<(), Failure> {
    let email = ask::text(args.email.as_ref(), "--email", "E-mail")?;
    let answer = client.api.send(request(&email, args.purpose.as_deref(), args.channel.as_deref())).await?;
    client.output.result(&answer, || format!("If {email} has an account, a code is on its way."))
}

/// Asks for a code; what is not said is up to the platform.
pub fn request(email: &str, purpose: Option<&str>, channel: Option<&str>) -> Call {
    let mut body = json!({ "email": email });
    for (name, value) in [("purpose", purpose), ("channel", channel)] {
        if let Some(value) = value {
            body[name] = json!(value);
        }
    }
    Call::post("/user/otp").anonymous().body(body)
}

pub async fn verify(client: &Client, args: &Verify) -> Result<(), Failure> {
    let email = ask::text(args.email.as_ref(), "--email", "E-mail")?;
    let otp = ask::text(args.otp.as_ref(), "--otp", "Code")?;
    let body = json!({ "email": email, "otp": otp });
    let user = client.api.send(Call::post("/user/verify").anonymous().body(body)).await?;
    client.output.result(&user, || format!("{email} is confirmed. Then: berth login --email {email}"))
}
