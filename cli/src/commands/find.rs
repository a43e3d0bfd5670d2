//! Machines and allocations by the name or id that people give.

use serde_json::Value;

use crate::call::Call;
use crate::context::Context;
use crate::failure::{Exit, Failure};

/// An allocation as the platform gives it.
pub async fn allocation(context: &Context, name_or_id: &str) -> Result<Value, Failure> {
    one(context, "/allocations", "allocation", name_or_id, |call| call).await
}

/// An allocation's id; costs no request where the id was given.
pub async fn allocation_id(context: &Context, name_or_id: &str) -> Result<String, Failure> {
    if is_id(name_or_id) {
        return Ok(name_or_id.to_owned());
    }
    id_of(&allocation(context, name_or_id).await?)
}

/// A machine as the platform gives it; needs no login.
pub async fn machine(context: &Context, name_or_id: &str) -> Result<Value, Failure> {
    one(context, "/machines", "machine", name_or_id, Call::anonymous).await
}

pub fn id_of(value: &Value) -> Result<String, Failure> {
    value["id"].as_str().map(str::to_owned).ok_or_else(|| Failure::other("The platform's answer has no id."))
}

async fn one(
    context: &Context,
    path: &str,
    noun: &str,
    name_or_id: &str,
    with: impl Fn(Call) -> Call,
) -> Result<Value, Failure> {
    if is_id(name_or_id) {
        return context.api.send(with(Call::get(format!("{path}/{name_or_id}")))).await;
    }
    if !kit::id::is_label(name_or_id) {
        let told = format!("`{name_or_id}` is neither an id nor a name: names are 1 to 63 of a-z, 0-9 and -.");
        return Err(Failure::usage(told));
    }
    let found = context.api.list(with(Call::get(path).query("name", Some(name_or_id)))).await?;
    let mut exact = found.into_iter().filter(|found| found["name"] == name_or_id);
    exact.next().ok_or_else(|| {
        let told = format!("There is no {noun} named `{name_or_id}`.");
        Failure::local(Exit::NotFound, &format!("{noun}_not_found"), told)
    })
}

/// The text form of a UUID, which no name has room for: a name that long would be taken for an id.
fn is_id(text: &str) -> bool {
    text.parse::<kit::AllocationId>().is_ok()
}
