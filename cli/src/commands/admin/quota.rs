//! `admin quota`: what a tenant may hold.

use serde_json::{Map, Value, json};

use crate::args::admin::Quota;
use crate::call::Call;
use crate::client::Client;
use crate::commands::find;
use crate::failure::Failure;
use crate::model::{self, read};
use crate::render;

pub async fn run(client: &Client, args: &Quota) -> Result<(), Failure> {
    let path = format!("/allocations/quota/{}", find::tenant_id(client, &args.tenant).await?);
    let change = change(args);
    let answer = if args.reset {
        client.api.send(Call::delete(path)).await?
    } else if change.is_empty() {
        client.api.send(Call::get(path)).await?
    } else {
        let whole = merged(&client.api.send(Call::get(&path)).await?, change)?;
        client.api.send(Call::put(path).body(whole)).await?
    };
    let quota: model::Quota = read(&answer)?;
    client.output.result(&answer, || render::quota(&quota, client.look()))
}

fn change(args: &Quota) -> Map<String, Value> {
    let fields = [
        ("instances", args.instances.map(|most| json!(most))),
        ("cpu", args.cpu.map(|most| json!(most))),
        ("memory", args.memory.map(|most| json!(most))),
        ("disk", args.disk.map(|most| json!(most))),
        ("ports", args.ports.map(|most| json!(most))),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// The platform takes a quota as a whole: what is not given stays as it is.
fn merged(present: &Value, change: Map<String, Value>) -> Result<Value, Failure> {
    let mut whole = read::<model::Quota>(present)?.limits;
    whole.extend(change);
    Ok(Value::Object(whole))
}
