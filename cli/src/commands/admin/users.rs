//! `admin users` and its neighbours: accounts of others.

use serde_json::Value;

use crate::args::admin::{User, UserChange, Users};
use crate::call::Call;
use crate::client::Client;
use crate::commands::listing::{self, Listing};
use crate::commands::{ask, find};
use crate::failure::{Exit, Failure};
use crate::render::Field;

const FIELDS: [Field; 8] = [
    Field::text("email", "email"),
    Field::and("name", "first_name", "last_name"),
    Field::yes_or_no("verified", "verified"),
    Field::yes_or_no("admin", "admin"),
    Field::yes_or_no("suspended", "suspended"),
    Field::ago("joined", "created_at"),
    Field::text("id", "id"),
    Field::text("tenant", "tenant_id"),
];

/// A table has no room for the tenant, which is last.
const LIST: Listing = Listing { fields: FIELDS.split_at(FIELDS.len() - 1).0, none: "There are none like that." };

pub async fn list(client: &Client, args: &Users) -> Result<(), Failure> {
    let call = Call::get("/user")
        .query("email", args.email.as_ref())
        .query("verified", args.verified)
        .query("admin", args.admin)
        .query("suspended", args.suspended)
        .query("sort", args.sort.as_ref());
    LIST.up_to(client, args.limit, call).await
}

pub async fn show(client: &Client, args: &User) -> Result<(), Failure> {
    let answer = client.api.send(Call::get(path(client, args).await?)).await?;
    listing::thing(client, &answer, &FIELDS)
}

pub async fn suspend(client: &Client, args: &UserChange) -> Result<(), Failure> {
    let user = &args.target;
    let what = format!(
        "{} cannot log in any more: open logins end within seconds, and the person's machines stop.",
        user.user
    );
    ask::consent(args.consent, &what)?;
    let call = Call::post(format!("{}/suspension", path(client, user).await?)).repeatable();
    told(client, call, user, "is suspended").await
}

pub async fn resume(client: &Client, user: &User) -> Result<(), Failure> {
    let call = Call::delete(format!("{}/suspension", path(client, user).await?));
    told(client, call, user, "may log in again; stopped machines stay stopped until they are started.").await
}

pub async fn grant(client: &Client, user: &User) -> Result<(), Failure> {
    let call = Call::post(format!("{}/admin", path(client, user).await?)).repeatable();
    told(client, call, user, "is an admin").await
}

/// Asks only those who would lock themselves out.
pub async fn revoke(client: &Client, args: &UserChange) -> Result<(), Failure> {
    let user = &args.target;
    let id = find::user_id(client, &user.user).await?;
    if !args.consent.yes && may_be_own(client, &id).await? {
        ask::consent(args.consent, &format!("{} is an admin no more, which only another admin undoes.", user.user))?;
    }
    told(client, Call::delete(format!("/user/{id}/admin")), user, "is an admin no more").await
}

/// A key that may not read its account may be anybody's.
async fn may_be_own(client: &Client, id: &str) -> Result<bool, Failure> {
    match client.api.send(Call::get("/user/me")).await {
        Ok(me) => Ok(find::id_of(&me)?.parse::<kit::UserId>().ok() == id.parse().ok()),
        Err(failure) if failure.exit == Exit::Forbidden => Ok(true),
        Err(failure) => Err(failure),
    }
}

pub async fn delete(client: &Client, args: &UserChange) -> Result<(), Failure> {
    let user = &args.target;
    let what = format!("{} is deleted, with all its allocations and their data.", user.user);
    ask::consent_by_typing(args.consent, &what, &user.user)?;
    let call = Call::delete(path(client, user).await?);
    told(client, call, user, "is being deleted").await
}

async fn path(client: &Client, user: &User) -> Result<String, Failure> {
    Ok(format!("/user/{}", find::user_id(client, &user.user).await?))
}

async fn told(client: &Client, call: Call, user: &User, told: &str) -> Result<(), Failure> {
    let answer: Value = client.api.send(call).await?;
    client.output.result(&answer, || format!("{} {told}", user.user))
}
