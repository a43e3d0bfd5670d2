//! How its owner reaches an allocation: the machine's templates, filled.

use std::collections::BTreeMap;

use kit::machine::{ConnectionKind, Template};
use kit::{ErrorCode, Failure};

use super::allocation::{Allocation, PropertyValues};

/// Everything that a client needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    pub host: String,
    /// The primary port.
    pub port: u16,
    pub ways: Vec<Way>,
    /// The machine's properties, secrets included.
    pub properties: BTreeMap<String, String>,
}

/// One ready-made way to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    pub name: String,
    pub kind: ConnectionKind,
    pub value: String,
}

/// Fills the templates. `allocation_not_running` until the ports were bound once.
pub fn describe(allocation: &Allocation, host: &str, values: &PropertyValues) -> Result<Connection, Failure> {
    let port = allocation.primary_host_port().ok_or_else(|| {
        let state = allocation.state.as_str();
        Failure::new(ErrorCode::AllocationNotRunning, format!("It is {state}: it has no port to connect to yet."))
    })?;
    let value_of = |name: &str| match name {
        "host" => Some(host.to_owned()),
        "port" => Some(port.to_string()),
        _ => match name.strip_prefix("port.") {
            Some(name) => host_port(allocation, name).map(|port| port.to_string()),
            // A property that was not set is an empty text, as it is in the container.
            None => Some(values.0.get(name).map(kit::machine::Value::as_text).unwrap_or_default()),
        },
    };
    let fill = |connection: &kit::machine::Connection| {
        let value = Template::parse(&connection.template).and_then(|template| template.fill(value_of));
        let value = value.map_err(|error| Failure::internal(format!("{}: {error}", connection.name)))?;
        Ok(Way { name: connection.name.clone(), kind: connection.kind, value })
    };
    let ways = allocation.spec().connection.iter().map(fill).collect::<Result<_, Failure>>()?;
    let properties = values.0.iter().map(|(name, value)| (name.clone(), value.as_text())).collect();
    Ok(Connection { host: host.to_owned(), port, ways, properties })
}

fn host_port(allocation: &Allocation, name: &str) -> Option<u16> {
    allocation.ports.iter().find(|port| port.name == name).and_then(|port| port.host_port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn templates_are_filled_with_what_is_bound() {
        let (mut allocation, values) = fixtures::allocation();
        allocation.ports[0].host_port = Some(20_001);
        assert_eq!(describe(&allocation, "h", &values).unwrap_err().code, ErrorCode::AllocationNotRunning);
        allocation.ports[0].bound = true;
        let connection = describe(&allocation, "h", &values).unwrap();
        let password = values.0["password"].as_text();
        assert_eq!(connection.ways[0].value, format!("redis://:{password}@h:20001/0"));
        assert_eq!(connection.port, 20_001);
    }
}
