//! Machines, allocations and the like by the name or id that people give.

use serde_json::Value;

use crate::call::Call;
use crate::client::Client;
use crate::failure::{Exit, Failure};

/// An allocation as the platform gives it.
pub async fn allocation(client: &Client, name_or_id: &str) -> Result<Value, Failure> {
    one(client, "/allocations", "allocation", name_or_id, |call| call).await
}

/// An allocation's id; costs no request where the id was given.
pub async fn allocation_id(client: &Client, name_or_id: &str) -> Result<String, Failure> {
    if is_id(name_or_id) {
        return Ok(name_or_id.to_owned());
    }
    id_of(&allocation(client, name_or_id).await?)
}

/// A machine as the platform gives it; needs no login.
pub async fn machine(client: &Client, name_or_id: &str) -> Result<Value, Failure> {
    one(client, "/machines", "machine", name_or_id, Call::anonymous).await
}

/// A machine's id; costs no request where the id was given.
pub async fn machine_id(client: &Client, name_or_id: &str) -> Result<String, Failure> {
    if is_id(name_or_id) {
        return Ok(name_or_id.to_owned());
    }
    id_of(&machine(client, name_or_id).await?)
}

/// A user's id, by mail address. For admins.
pub async fn user_id(client: &Client, email_or_id: &str) -> Result<String, Failure> {
    if is_id(email_or_id) {
        return Ok(email_or_id.to_owned());
    }
    id_of(&user_by_email(client, email_or_id).await?)
}

/// A tenant's id, by itself or by its user's mail address or id. For admins.
pub async fn tenant_id(client: &Client, tenant_or_user: &str) -> Result<String, Failure> {
    if !is_id(tenant_or_user) {
        return tenant_of(&user_by_email(client, tenant_or_user).await?);
    }
    match client.api.send(Call::get(format!("/user/{tenant_or_user}"))).await {
        Ok(user) => tenant_of(&user),
        // An id that is no user's is a tenant's; so it is to a key that may not read accounts.
        Err(failure) if matches!(failure.exit, Exit::NotFound | Exit::Forbidden) => Ok(tenant_or_user.to_owned()),
        Err(failure) => Err(failure),
    }
}

async fn user_by_email(client: &Client, email: &str) -> Result<Value, Failure> {
    let found = client.api.list(Call::get("/user").query("email", Some(email)), Some(1)).await?;
    found.into_iter().next().ok_or_else(|| missing("user", email))
}

/// The id of what has this name in a list that is given as a whole.
pub async fn by_name(client: &Client, path: &str, noun: &str, name_or_id: &str) -> Result<String, Failure> {
    if is_id(name_or_id) {
        return Ok(name_or_id.to_owned());
    }
    let found = client.api.all(Call::get(path)).await?;
    let named: Vec<Value> = found.into_iter().filter(|found| found["name"] == name_or_id).collect();
    match named.as_slice() {
        [] => Err(missing(noun, name_or_id)),
        [only] => id_of(only),
        _ => Err(Failure::usage(format!("There are {} named `{name_or_id}`; say which by its id.", named.len()))),
    }
}

fn missing(noun: &str, name: &str) -> Failure {
    let code = format!("{}_not_found", noun.to_lowercase().replace(' ', "_"));
    Failure::local(Exit::NotFound, &code, format!("There is no {noun} named `{name}`."))
}

pub fn id_of(value: &Value) -> Result<String, Failure> {
    value["id"].as_str().map(str::to_owned).ok_or_else(|| Failure::other("The platform's answer has no id."))
}

fn tenant_of(user: &Value) -> Result<String, Failure> {
    user["tenant_id"].as_str().map(str::to_owned).ok_or_else(|| Failure::other("The platform's answer has no tenant."))
}

async fn one(
    client: &Client,
    path: &str,
    noun: &str,
    name_or_id: &str,
    with: impl Fn(Call) -> Call,
) -> Result<Value, Failure> {
    if is_id(name_or_id) {
        return client.api.send(with(Call::get(format!("{path}/{name_or_id}")))).await;
    }
    if !kit::id::is_label(name_or_id) {
        let told = format!("`{name_or_id}` is neither an id nor a name: names are 1 to 63 of a-z, 0-9 and -.");
        return Err(Failure::usage(told));
    }
    let found = client.api.list(with(Call::get(path).query("name", Some(name_or_id))), None).await?;
    let mut exact = found.into_iter().filter(|found| found["name"] == name_or_id);
    exact.next().ok_or_else(|| missing(noun, name_or_id))
}

/// The text form of a UUID, which no name has room for: a name that long would be taken for an id.
fn is_id(text: &str) -> bool {
    text.parse::<kit::AllocationId>().is_ok()
}
