//! `create`: allocates a machine and waits until it can be used. The idempotency key makes a lost answer harmless: the
//! same key gives the same allocation.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::find;
use crate::args::allocation::Create;
use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;
use crate::model::{Allocation, Machine, read};
use crate::progress::Progress;
use crate::render;
use crate::wait::{self, Goal};

pub async fn run(client: &Client, args: &Create) -> Result<(), Failure> {
    let machine: Machine = read(&find::machine(client, &args.machine).await?)?;
    let call = Call::post("/allocations")
        .body(body(args, &machine))
        .header("Idempotency-Key", client.ambient.uuid().to_string())
        .repeatable();
    if args.waiting.no_wait {
        let answer = client.api.send(call).await?;
        return tell(client, &answer);
    }
    let progress = Progress::start(client.output.is_watched(), format!("allocating {}", machine.name));
    let answer = client.api.send(call.header("Prefer", format!("wait={}", wait::question(client)))).await?;
    let most = Duration::from_secs(args.waiting.timeout);
    let answer = wait::until(client, &progress, answer, Goal::Running, most).await;
    drop(progress);
    tell(client, &answer?)
}

fn tell(client: &Client, answer: &Value) -> Result<(), Failure> {
    let allocation: Allocation = read(answer)?;
    client.output.result(answer, || {
        let shown = render::allocation(&allocation, client.look());
        format!("{shown}\n\nConnect with: berth connect {}", allocation.name)
    })
}

fn body(args: &Create, machine: &Machine) -> Value {
    let mut body = json!({ "machine_id": machine.id });
    if let Some(name) = &args.name {
        body["name"] = json!(name);
    }
    if !args.property.is_empty() {
        let typed = args.property.iter().map(|(name, text)| (name.clone(), typed(machine, name, text)));
        body["properties"] = Value::Object(typed.collect());
    }
    let mut limits = Map::new();
    limits.extend(args.cpu.map(|cpu| ("cpu".to_owned(), json!(cpu))));
    limits.extend(args.memory.map(|memory| ("memory".to_owned(), json!(memory))));
    limits.extend(args.disk.map(|disk| ("disk".to_owned(), json!(disk))));
    if !limits.is_empty() {
        body["limits"] = Value::Object(limits);
    }
    body
}

/// A text as the machine's property wants it. What does not fit stays a text: the platform says best what is wrong.
fn typed(machine: &Machine, name: &str, text: &str) -> Value {
    let kind = machine.properties.iter().find(|property| property.name == name).map(|property| property.kind.as_str());
    match kind {
        Some("integer") => text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)),
        Some("boolean") => text.parse::<bool>().map_or_else(|_| json!(text), |truth| json!(truth)),
        _ => json!(text),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Args, Command};

    fn body_of(line: &str) -> Value {
        let machine = read(&json!({
            "id": "m", "name": "redis",
            "properties": [{"name": "size", "type": "integer"}, {"name": "safe", "type": "boolean"}, {"name": "pin", "type": "string"}],
        }));
        match Args::try_parse_from(line.split_whitespace()).unwrap().command {
            Command::Create(args) => body(&args, &machine.unwrap()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn properties_have_the_types_that_the_machine_names() {
        let body = body_of("berth create redis -p size=3 -p safe=true -p pin=0042 -p odd=1");
        assert_eq!(body["properties"], json!({"size": 3, "safe": true, "pin": "0042", "odd": "1"}));
        assert_eq!(body_of("berth create redis -p size=big")["properties"], json!({"size": "big"}));
    }

    #[test]
    fn only_what_was_given_is_asked_for() {
        assert_eq!(body_of("berth create redis"), json!({"machine_id": "m"}));
        let body = body_of("berth create redis --name demo --cpu 0.5 --memory 512MiB");
        assert_eq!(body, json!({"machine_id": "m", "name": "demo", "limits": {"cpu": 0.5, "memory": 536_870_912}}));
    }
}
