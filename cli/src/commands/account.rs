//! `signup`, `otp` and `verify`: from nobody to a confirmed account.

use serde_json::{Map, Value, json};

use super::ask;
use crate::args::{Otp, Signup, Verify};
use crate::call::Call;
use crate::context::Context;
use crate::failure::Failure;

pub async fn sign_up(context: &Context, args: &Signup) -> Result<(), Failure> {
    let email = ask::text(args.email.as_ref(), "--email", "E-mail")?;
    let password = ask::new_password(args.password.as_ref())?;
    let mut body = json!({
        "email": email, "password": password, "first_name": args.first_name, "last_name": args.last_name,
    });
    if let Some(code) = &args.setup_code {
        body["setup_code"] = json!(code);
    }
    let user = context.api.send(Call::post("/user/signup").anonymous().body(body)).await?;
    let told = || format!("A code is on its way to {email}. Then: berth verify --email {email} --otp CODE");
    context.output.result(&user, told)
}

pub async fn ask_for_code(context: &Context, args: &Otp) -> Result<(), Failure> {
    let email = ask::text(args.email.as_ref(), "--email", "E-mail")?;
    let mut body = json!({ "email": email });
    if let Some(purpose) = &args.purpose {
        body["purpose"] = json!(purpose);
    }
    let answer = context.api.send(Call::post("/user/otp").anonymous().body(body)).await?;
    let answer = if answer.is_null() { Value::Object(Map::new()) } else { answer };
    context.output.result(&answer, || format!("If {email} has an account, a code is on its way."))
}

pub async fn verify(context: &Context, args: &Verify) -> Result<(), Failure> {
    let email = ask::text(args.email.as_ref(), "--email", "E-mail")?;
    let otp = ask::text(args.otp.as_ref(), "--otp", "Code")?;
    let body = json!({ "email": email, "otp": otp });
    let user = context.api.send(Call::post("/user/verify").anonymous().body(body)).await?;
    context.output.result(&user, || format!("{email} is confirmed. Then: berth login --email {email}"))
}
