//! What of the platform's answers is shown to people. Lenient on purpose: fields and states may come that this client
//! does not know.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::failure::Failure;

#[derive(Clone, Debug, Deserialize)]
pub struct Allocation {
    pub id: String,
    pub name: String,
    pub machine_id: String,
    #[serde(default)]
    pub machine_name: Option<String>,
    #[serde(default)]
    pub site: Option<String>,
    #[serde(default)]
    pub desired: String,
    pub state: String,
    #[serde(default)]
    pub reason: Option<Reason>,
    #[serde(default)]
    pub host: Option<String>,
    #[serde(default)]
    pub ports: Vec<Port>,
    #[serde(default)]
    pub limits: Option<Limits>,
    #[serde(default)]
    pub created_at: Option<kit::Timestamp>,
    #[serde(default)]
    pub started_at: Option<kit::Timestamp>,
}

/// Why an allocation is as it is.
#[derive(Clone, Debug, Deserialize)]
pub struct Reason {
    pub code: String,
    #[serde(default)]
    pub detail: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Port {
    #[serde(default)]
    pub name: String,
    #[serde(rename = "container_port", default)]
    pub inside: u16,
    /// None until it was bound.
    #[serde(rename = "host_port", default)]
    pub bound: Option<u16>,
    #[serde(default)]
    pub protocol: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Limits {
    #[serde(default)]
    pub cpu: f64,
    #[serde(default)]
    pub memory: u64,
    #[serde(default)]
    pub disk: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Machine {
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub category: String,
    #[serde(default)]
    pub image: String,
    #[serde(default)]
    pub ports: Vec<Port>,
    #[serde(default)]
    pub properties: Vec<Property>,
    #[serde(default)]
    pub limits: Option<LimitRange>,
    #[serde(default = "yes")]
    pub active: bool,
    #[serde(default)]
    pub revision: Value,
    /// None, as the next two, where the feed does not answer.
    #[serde(default)]
    pub likes: Option<u64>,
    #[serde(default)]
    pub dislikes: Option<u64>,
    #[serde(default)]
    pub comments: Option<u64>,
}

/// What a machine can be told. Bounds and defaults are of the property's own kind.
#[derive(Clone, Debug, Deserialize)]
pub struct Property {
    pub name: String,
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub generate: Option<String>,
    #[serde(default)]
    pub default: Value,
    #[serde(default)]
    pub min: Value,
    #[serde(default)]
    pub max: Value,
    #[serde(default, deserialize_with = "null_is_none")]
    pub values: Vec<Value>,
    #[serde(default, deserialize_with = "null_is_none")]
    pub description: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct LimitRange {
    pub default: Limits,
    #[serde(default)]
    pub maximum: Option<Limits>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Connection {
    #[serde(default)]
    pub host: Option<String>,
    #[serde(default)]
    pub port: Option<u16>,
    #[serde(default)]
    pub connections: Vec<Way>,
    #[serde(default)]
    pub properties: serde_json::Map<String, Value>,
}

/// A ready-made URI or command.
#[derive(Clone, Debug, Deserialize)]
pub struct Way {
    pub name: String,
    pub value: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Quota {
    pub limits: serde_json::Map<String, Value>,
    #[serde(default)]
    pub used: serde_json::Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct User {
    pub id: String,
    pub email: String,
    #[serde(default)]
    pub first_name: String,
    #[serde(default)]
    pub last_name: String,
    #[serde(default)]
    pub verified: bool,
    #[serde(default)]
    pub admin: bool,
}

fn null_is_none<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

const fn yes() -> bool {
    true
}

/// Reads what is needed of an answer.
pub fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Failure> {
    serde_json::from_value(value.clone())
        .map_err(|error| Failure::other(format!("The platform's answer is not as this client expects it: {error}.")))
}
