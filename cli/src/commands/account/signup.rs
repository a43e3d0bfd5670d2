//! `signup`: makes an account.

use serde_json::json;

use crate::args::account::Signup;
use crate::call::Call;
use crate::client::Client;
use crate::commands::ask;
use crate::failure::Failure;

pub async fn sign_up(client: &Client, args: &Signup) -> Result<(), Failure> {
    let email = ask::text(args.email.as_ref(), "--email", "E-mail")?;
    let password = ask::new_password(args.password.as_ref(), "--password or BERTH_PASSWORD")?;
    let mut body = json!({
        "email": email, "password": password, "first_name": args.first_name, "last_name": args.last_name,
    });
    let more = [("phone_number", &args.phone), ("gender", &args.gender), ("setup_code", &args.setup_code)];
    for (name, value) in more {
        if let Some(value) = value {
            body[name] = json!(value);
        }
    }
    let user = client.api.send(Call::post("/user/signup").anonymous().body(body)).await?;
    let told = || format!("A code is on its way to {email}. Then: berth verify --email {email} --otp CODE");
    client.output.result(&user, told)
}
