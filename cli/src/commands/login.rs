//! `login`, `logout` and `whoami`.

use serde_json::json;

use super::ask;
use crate::args::Login;
use crate::call::Call;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::model::{User, read};
use crate::render;

/// The tokens go to the file and nowhere else.
pub async fn log_in(context: &Context, args: &Login) -> Result<(), Failure> {
    let email = ask::text(args.email.as_ref(), "--email", "E-mail")?;
    let password = ask::password(args.password.as_ref())?;
    let body = json!({ "email": email, "password": password });
    let tokens = context.api.send(Call::post("/user/login").anonymous().body(body)).await?;
    let login = context.api.login_of(&email, &tokens)?;
    let lock = context.api.store.lock().await?;
    context.api.store.save(&lock, login)?;
    let url = context.api.url();
    context.output.result(&json!({ "url": url, "email": email }), || format!("You are logged in at {url} as {email}."))
}

/// A session that the platform does not know any more is as good as ended.
pub async fn log_out(context: &Context) -> Result<(), Failure> {
    match context.api.send(Call::post("/user/logout").repeatable()).await {
        Err(failure) if failure.exit != Exit::NotLoggedIn => return Err(failure),
        _ => {}
    }
    let lock = context.api.store.lock().await?;
    context.api.store.forget(&lock)?;
    let url = context.api.url();
    context.output.result(&json!({ "url": url }), || format!("You are logged out at {url}."))
}

pub async fn who_am_i(context: &Context) -> Result<(), Failure> {
    let answer = context.api.send(Call::get("/user/me")).await?;
    let user: User = read(&answer)?;
    context.output.result(&answer, || render::user(&user))
}
