//! How Berth asks a program whether it is ready or well.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Span;

/// A question to a program, repeated. Goes to the container's own address, never to the published port,
/// where the engine's proxy accepts before the program listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    #[serde(rename = "type")]
    pub kind: ProbeKind,
    /// A port's name; the primary port where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// For `http`: the path asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// For `http`: the status that counts; any 2xx or 3xx where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// For `exec`: argv, run in the container; exit code 0 counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    #[serde(default = "interval")]
    #[schema(value_type = String)]
    pub interval: Span,
    #[serde(default = "timeout")]
    #[schema(value_type = String)]
    pub timeout: Span,
    /// How often to ask before giving up.
    #[serde(default = "retries")]
    pub retries: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProbeKind {
    Tcp,
    Http,
    Exec,
}

impl Probe {
    /// Ready when the port accepts a connection, asked every 50 ms for a minute.
    pub fn accepts(port: &str) -> Self {
        Self {
            kind: ProbeKind::Tcp,
            port: Some(port.to_owned()),
            path: None,
            status: None,
            command: Vec::new(),
            interval: interval(),
            timeout: timeout(),
            retries: retries(),
        }
    }
}

const fn interval() -> Span {
    Span::millis(50)
}

const fn timeout() -> Span {
    Span::seconds(1)
}

const fn retries() -> u32 {
    1200
}
