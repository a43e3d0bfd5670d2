//! A machine's specification to and from its message.

use kit::machine::{
    Connection, ConnectionKind, Generate, LimitRange, Limits, MachineSpec, Port, Probe, ProbeKind, Property,
    PropertyKind, Protocol, Tmpfs, Value, Volume,
};
use kit::{Bytes, Cpu, Failure, Span};

use super::required;
use crate::v1;

impl From<&MachineSpec> for v1::MachineSpec {
    fn from(spec: &MachineSpec) -> Self {
        Self {
            name: spec.name.clone(),
            description: spec.description.clone(),
            category: spec.category.clone(),
            icon: spec.icon.clone(),
            image: spec.image.clone(),
            user: spec.user.clone(),
            read_only: spec.read_only,
            tmpfs: spec.tmpfs.iter().map(v1::Tmpfs::from).collect(),
            command: spec.command.clone(),
            environment: spec.environment.clone().into_iter().collect(),
            capabilities: spec.capabilities.clone(),
            ports: spec.ports.iter().map(v1::Port::from).collect(),
            properties: spec.properties.iter().map(v1::Property::from).collect(),
            volumes: spec.volumes.iter().map(v1::Volume::from).collect(),
            readiness: spec.readiness.as_ref().map(v1::Probe::from),
            health: spec.health.as_ref().map(v1::Probe::from),
            default_limits: Some(spec.limits.default.into()),
            maximum_limits: Some(spec.limits.maximum.into()),
            connection: spec.connection.iter().map(v1::Connection::from).collect(),
        }
    }
}

impl TryFrom<v1::MachineSpec> for MachineSpec {
    type Error = Failure;

    fn try_from(message: v1::MachineSpec) -> Result<Self, Failure> {
        let spec = Self {
            name: message.name,
            description: message.description,
            category: message.category,
            icon: message.icon,
            image: message.image,
            user: message.user,
            read_only: message.read_only,
            tmpfs: message.tmpfs.into_iter().map(Tmpfs::from).collect(),
            command: message.command,
            environment: message.environment.into_iter().collect(),
            capabilities: message.capabilities,
            ports: message.ports.into_iter().map(Port::try_from).collect::<Result<_, _>>()?,
            properties: message.properties.into_iter().map(Property::try_from).collect::<Result<_, _>>()?,
            volumes: message.volumes.into_iter().map(Volume::from).collect(),
            readiness: message.readiness.map(Probe::try_from).transpose()?,
            health: message.health.map(Probe::try_from).transpose()?,
            limits: LimitRange {
                default: required(message.default_limits, "default_limits")?.into(),
                maximum: required(message.maximum_limits, "maximum_limits")?.into(),
            },
            connection: message.connection.into_iter().map(Connection::try_from).collect::<Result<_, _>>()?,
        };
        spec.validate()?;
        Ok(spec)
    }
}

impl From<&Tmpfs> for v1::Tmpfs {
    fn from(tmpfs: &Tmpfs) -> Self {
        Self { path: tmpfs.path.clone(), size: tmpfs.size.get() }
    }
}

impl From<v1::Tmpfs> for Tmpfs {
    fn from(message: v1::Tmpfs) -> Self {
        Self { path: message.path, size: Bytes::new(message.size) }
    }
}

impl From<&Port> for v1::Port {
    fn from(port: &Port) -> Self {
        Self {
            name: port.name.clone(),
            container_port: u32::from(port.container_port),
            protocol: port.protocol.as_str().to_owned(),
            primary: port.primary,
        }
    }
}

impl TryFrom<v1::Port> for Port {
    type Error = Failure;

    fn try_from(message: v1::Port) -> Result<Self, Failure> {
        let number = u16::try_from(message.container_port);
        Ok(Self {
            name: message.name,
            container_port: number.map_err(|_| Failure::invalid("container_port", "a port is at most 65535"))?,
            protocol: protocol(&message.protocol)?,
            primary: message.primary,
        })
    }
}

/// `tcp` or `udp`.
fn protocol(text: &str) -> Result<Protocol, Failure> {
    [Protocol::Tcp, Protocol::Udp]
        .into_iter()
        .find(|protocol| protocol.as_str() == text)
        .ok_or_else(|| Failure::invalid("protocol", "a protocol is tcp or udp"))
}

const PROPERTY_KINDS: [(PropertyKind, &str); 5] = [
    (PropertyKind::String, "string"),
    (PropertyKind::Integer, "integer"),
    (PropertyKind::Boolean, "boolean"),
    (PropertyKind::Enum, "enum"),
    (PropertyKind::Secret, "secret"),
];
const PROBE_KINDS: [(ProbeKind, &str); 3] =
    [(ProbeKind::Tcp, "tcp"), (ProbeKind::Http, "http"), (ProbeKind::Exec, "exec")];
const CONNECTION_KINDS: [(ConnectionKind, &str); 2] =
    [(ConnectionKind::Uri, "uri"), (ConnectionKind::Command, "command")];

fn name_of<K: PartialEq>(table: &[(K, &str)], kind: &K) -> String {
    table.iter().find(|(row, _)| row == kind).map(|(_, name)| (*name).to_owned()).unwrap_or_default()
}

fn kind_of<K: Copy>(table: &[(K, &str)], name: &str) -> Result<K, Failure> {
    let found = table.iter().find(|(_, row)| *row == name).map(|(kind, _)| *kind);
    found.ok_or_else(|| Failure::invalid("kind", format!("`{name}` is not a known kind")))
}

impl From<&Property> for v1::Property {
    fn from(property: &Property) -> Self {
        Self {
            name: property.name.clone(),
            kind: name_of(&PROPERTY_KINDS, &property.kind),
            description: property.description.clone(),
            required: property.required,
            default: property.default.as_ref().map(v1::Value::from),
            pattern: property.pattern.clone(),
            min: property.min,
            max: property.max,
            values: property.values.clone(),
            generate: property.generate.map(|Generate::Password| "password".to_owned()),
            env: property.env.clone(),
        }
    }
}

impl TryFrom<v1::Property> for Property {
    type Error = Failure;

    fn try_from(message: v1::Property) -> Result<Self, Failure> {
        Ok(Self {
            kind: kind_of(&PROPERTY_KINDS, &message.kind)?,
            name: message.name,
            description: message.description,
            required: message.required,
            default: message.default.map(Value::try_from).transpose()?,
            pattern: message.pattern,
            min: message.min,
            max: message.max,
            values: message.values,
            generate: match message.generate.as_deref() {
                None => None,
                Some(name) => Some(kind_of(&[(Generate::Password, "password")], name)?),
            },
            env: message.env,
        })
    }
}

impl From<&Value> for v1::Value {
    fn from(value: &Value) -> Self {
        let value = match value.clone() {
            Value::Boolean(value) => v1::value::Value::Boolean(value),
            Value::Integer(value) => v1::value::Value::Integer(value),
            Value::Text(value) => v1::value::Value::Text(value),
        };
        Self { value: Some(value) }
    }
}

impl TryFrom<v1::Value> for Value {
    type Error = Failure;

    fn try_from(message: v1::Value) -> Result<Self, Failure> {
        Ok(match required(message.value, "value")? {
            v1::value::Value::Boolean(value) => Self::Boolean(value),
            v1::value::Value::Integer(value) => Self::Integer(value),
            v1::value::Value::Text(value) => Self::Text(value),
        })
    }
}

impl From<&Volume> for v1::Volume {
    fn from(volume: &Volume) -> Self {
        Self { name: volume.name.clone(), path: volume.path.clone(), default_size: volume.default_size.get() }
    }
}

impl From<v1::Volume> for Volume {
    fn from(message: v1::Volume) -> Self {
        Self { name: message.name, path: message.path, default_size: Bytes::new(message.default_size) }
    }
}

impl From<&Probe> for v1::Probe {
    fn from(probe: &Probe) -> Self {
        Self {
            kind: name_of(&PROBE_KINDS, &probe.kind),
            port: probe.port.clone(),
            path: probe.path.clone(),
            status: probe.status.map(u32::from),
            command: probe.command.clone(),
            interval_ms: probe.interval.as_millis(),
            timeout_ms: probe.timeout.as_millis(),
            retries: probe.retries,
        }
    }
}

impl TryFrom<v1::Probe> for Probe {
    type Error = Failure;

    fn try_from(message: v1::Probe) -> Result<Self, Failure> {
        let status = message.status.map(u16::try_from).transpose();
        Ok(Self {
            kind: kind_of(&PROBE_KINDS, &message.kind)?,
            port: message.port,
            path: message.path,
            status: status.map_err(|_| Failure::invalid("status", "a status is at most 599"))?,
            command: message.command,
            interval: Span::millis(message.interval_ms),
            timeout: Span::millis(message.timeout_ms),
            retries: message.retries,
        })
    }
}

impl From<Limits> for v1::Limits {
    fn from(limits: Limits) -> Self {
        Self {
            cpu_millis: limits.cpu.as_millis(),
            memory: limits.memory.get(),
            pids: limits.pids,
            disk: limits.disk.get(),
        }
    }
}

impl From<v1::Limits> for Limits {
    fn from(message: v1::Limits) -> Self {
        Self {
            cpu: Cpu::millis(message.cpu_millis),
            memory: Bytes::new(message.memory),
            pids: message.pids,
            disk: Bytes::new(message.disk),
        }
    }
}

impl From<&Connection> for v1::Connection {
    fn from(connection: &Connection) -> Self {
        Self {
            name: connection.name.clone(),
            kind: name_of(&CONNECTION_KINDS, &connection.kind),
            template: connection.template.clone(),
        }
    }
}

impl TryFrom<v1::Connection> for Connection {
    type Error = Failure;

    fn try_from(message: v1::Connection) -> Result<Self, Failure> {
        let kind = kind_of(&CONNECTION_KINDS, &message.kind)?;
        Ok(Self { name: message.name, kind, template: message.template })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_specification_survives_the_wire() {
        let spec: MachineSpec = serde_json::from_value(serde_json::json!({
            "name": "all", "category": "database", "icon": "x", "image": "redis:7.0", "user": "1:2", "read_only": false,
            "description": "d", "tmpfs": [{"path": "/tmp", "size": "1MiB"}], "command": ["a", "{e}"],
            "environment": {"A": "b"}, "capabilities": ["CHOWN"],
            "ports": [{"name": "p", "container_port": 1, "protocol": "udp", "primary": true}],
            "properties": [
                {"name": "e", "type": "enum", "values": ["x"], "env": "E", "required": true, "description": "d"},
                {"name": "i", "type": "integer", "min": 1, "max": 2, "default": 1},
                {"name": "b", "type": "boolean", "default": true},
                {"name": "t", "type": "string", "pattern": "[a-z]+", "default": "x"},
                {"name": "s", "type": "secret", "generate": "password"}],
            "volumes": [{"name": "v", "path": "/v", "default_size": "16MiB"}],
            "readiness": {"type": "http", "port": "p", "path": "/", "status": 204, "interval": "1s", "timeout": "2s", "retries": 3},
            "health": {"type": "exec", "command": ["true"]},
            "limits": {"default": {"cpu": 0.5, "memory": "64MiB", "pids": 32, "disk": "64MiB"},
                       "maximum": {"cpu": 1, "memory": "1GiB", "pids": 64, "disk": "1GiB"}},
            "connection": [{"name": "u", "kind": "command", "template": "x {host}"}],
        }))
        .unwrap();
        assert_eq!(MachineSpec::try_from(v1::MachineSpec::from(&spec)).unwrap(), spec);
    }

    #[test]
    fn a_message_that_breaks_a_rule_is_refused() {
        assert!(MachineSpec::try_from(v1::MachineSpec::default()).is_err());
    }
}
