//! What makes a machine's description whole: checked for files and for requests alike, with the field named.

use std::collections::BTreeSet;

use regex::Regex;

use super::{Limits, MachineSpec, Probe, ProbeKind, Template};
use crate::{ErrorCode, Failure, Span, id::is_label};

/// Capabilities that a machine may ask for. None of them reaches outside its own container.
const GRANTABLE: [&str; 8] =
    ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"];

impl MachineSpec {
    /// The first thing that is wrong, by its field.
    pub fn validate(&self) -> Result<(), Failure> {
        require(is_label(&self.name), "name", "a name is 1 to 63 of a-z, 0-9 and -")?;
        require(is_label(&self.category), "category", "a category is 1 to 63 of a-z, 0-9 and -")?;
        require(self.description.chars().count() <= 2000, "description", "a description has at most 2000 characters")?;
        require(self.icon.as_deref().is_none_or(is_label), "icon", "an icon is 1 to 63 of a-z, 0-9 and -")?;
        require(is_image(&self.image), "image", "an image is a reference such as redis:7.0")?;
        require(self.user.as_deref().is_none_or(is_user), "user", "a user is uid:gid in numbers, such as 999:999")?;
        self.validate_ports()?;
        self.validate_properties()?;
        self.validate_places()?;
        self.validate_templates()?;
        self.validate_limits()
    }

    fn validate_ports(&self) -> Result<(), Failure> {
        require((1..=16).contains(&self.ports.len()), "ports", "a machine has 1 to 16 ports")?;
        require(distinct(self.ports.iter().map(|port| &port.name)), "ports", "port names differ")?;
        let numbers = self.ports.iter().map(|port| (port.container_port, port.protocol.as_str()));
        require(distinct(numbers), "ports", "port numbers differ")?;
        for port in &self.ports {
            require(is_label(&port.name), "ports.name", "a port's name is 1 to 63 of a-z, 0-9 and -")?;
            require(port.container_port != 0, "ports.container_port", "a port is a number from 1 to 65535")?;
        }
        let primaries = self.ports.iter().filter(|port| port.primary).count();
        require(primaries == 1 || self.ports.len() == 1, "ports.primary", "exactly one port is the primary one")
    }

    fn validate_properties(&self) -> Result<(), Failure> {
        require(self.properties.len() <= 64, "properties", "a machine has at most 64 properties")?;
        require(distinct(self.properties.iter().map(|p| &p.name)), "properties", "property names differ")?;
        self.properties.iter().try_for_each(|property| {
            property.validate().map_err(|objection| invalid(objection.field, &objection.sentence))
        })?;
        let variables =
            self.environment.keys().chain(self.properties.iter().filter_map(|property| property.env.as_ref()));
        require(distinct(variables), "properties.env", "each variable is set once, by one property or the environment")
    }

    fn validate_places(&self) -> Result<(), Failure> {
        let paths = self.volumes.iter().map(|volume| &volume.path).chain(self.tmpfs.iter().map(|tmpfs| &tmpfs.path));
        require(distinct(paths.clone()), "volumes.path", "paths of volumes and tmpfs differ")?;
        for path in paths {
            require(
                is_absolute(path),
                "volumes.path",
                "a path of a volume or a tmpfs is absolute, plain and not a system directory",
            )?;
        }
        require(self.volumes.len() <= 8, "volumes", "a machine has at most 8 volumes")?;
        require(distinct(self.volumes.iter().map(|volume| &volume.name)), "volumes.name", "volume names differ")?;
        for volume in &self.volumes {
            require(is_label(&volume.name), "volumes.name", "a volume's name is 1 to 63 of a-z, 0-9 and -")?;
            let enough = volume.default_size.get() >= 16 << 20;
            require(enough, "volumes.default_size", "a volume has at least 16MiB")?;
        }
        let sizes_fit = self.tmpfs.iter().all(|tmpfs| (1..=64 << 30).contains(&tmpfs.size.get()));
        require(sizes_fit, "tmpfs.size", "a tmpfs has a size above 0 and at most 64GiB")?;
        let granted = self.capabilities.iter().all(|name| GRANTABLE.contains(&name.as_str()));
        require(granted, "capabilities", &format!("capabilities come from {}", GRANTABLE.join(", ")))
    }

    fn validate_templates(&self) -> Result<(), Failure> {
        let property = |name: &str| self.properties.iter().any(|property| property.name == name);
        let place = |name: &str| {
            matches!(name, "host" | "port") || name.strip_prefix("port.").is_some_and(|port| self.port(port).is_some())
        };
        for (field, text) in self
            .command
            .iter()
            .map(|text| ("command", text))
            .chain(self.environment.values().map(|text| ("environment", text)))
        {
            check_template(field, text, property)?;
        }
        for name in self.environment.keys().chain(self.properties.iter().filter_map(|property| property.env.as_ref())) {
            require(is_variable(name), "environment", "a variable's name is of A-Z, 0-9 and _")?;
        }
        for connection in &self.connection {
            check_template("connection.template", &connection.template, |name| property(name) || place(name))?;
        }
        for (field, probe) in [("readiness", &self.readiness), ("health", &self.health)] {
            if let Some(probe) = probe {
                self.validate_probe(field, probe)?;
            }
        }
        Ok(())
    }

    fn validate_probe(&self, field: &str, probe: &Probe) -> Result<(), Failure> {
        let known = probe.port.as_deref().is_none_or(|name| self.port(name).is_some());
        require(known, field, "a probe's port is the name of one of the machine's ports")?;
        require((1..=100_000).contains(&probe.retries), field, "a probe has 1 to 100000 retries")?;
        let paced = |span: Span| (10..=600_000).contains(&span.as_millis());
        let sentence = "a probe's interval and timeout are from 10ms to 10m";
        require(paced(probe.interval) && paced(probe.timeout), field, sentence)?;
        let status = probe.status.is_none_or(|status| (100..=599).contains(&status));
        require(status, field, "a probe's status is from 100 to 599")?;
        let property = |name: &str| self.properties.iter().any(|property| property.name == name);
        probe.command.iter().try_for_each(|text| check_template(field, text, property))?;
        match probe.kind {
            ProbeKind::Tcp => Ok(()),
            ProbeKind::Http => {
                let path =
                    probe.path.as_deref().is_none_or(|path| path.starts_with('/') && !path.contains(['\r', '\n', ' ']));
                require(path, field, "a probe's path starts with /")
            }
            ProbeKind::Exec => require(!probe.command.is_empty(), field, "an exec probe has a command"),
        }
    }

    fn validate_limits(&self) -> Result<(), Failure> {
        let Limits { cpu, memory, pids, disk } = self.limits.default;
        let maximum = self.limits.maximum;
        let within = cpu <= maximum.cpu && memory <= maximum.memory && pids <= maximum.pids && disk <= maximum.disk;
        require(within, "limits.default", "a default limit is not above the maximum")?;
        require(memory.get() >= 6 << 20, "limits.default.memory", "the engine needs at least 6MiB of memory")?;
        require(pids > 0, "limits.default.pids", "a program needs at least one process")?;
        let volumes: u64 = self.volumes.iter().map(|volume| volume.default_size.get()).sum();
        require(volumes <= disk.get(), "limits.default.disk", "the volumes' sizes fit into the disk limit")
    }
}

fn check_template(field: &str, text: &str, known: impl Fn(&str) -> bool) -> Result<(), Failure> {
    let template = Template::parse(text).map_err(|error| invalid(field, &error.to_string()))?;
    match template.names().find(|name| !known(name)) {
        Some(name) => Err(invalid(field, &format!("there is nothing called `{name}` to put in"))),
        None => require(!text.contains('\0'), field, "a text has no NUL in it"),
    }
}

fn require(holds: bool, field: &str, sentence: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(invalid(field, sentence)) }
}

/// The sentence says what should hold.
fn invalid(field: &str, sentence: &str) -> Failure {
    Failure::new(ErrorCode::InvalidInput, format!("Required: {sentence}.")).field(field)
}

fn distinct<T: Ord>(items: impl Iterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    items.into_iter().all(|item| seen.insert(item))
}

fn is_image(text: &str) -> bool {
    let shape = Regex::new(r"^[a-z0-9][a-z0-9._/:-]{0,200}(?::[A-Za-z0-9._-]{1,127})?(?:@sha256:[0-9a-f]{64})?$");
    shape.is_ok_and(|shape| shape.is_match(text)) && !text.contains("//") && !text.contains("..")
}

fn is_user(text: &str) -> bool {
    let number = |part: &str| part.parse::<u32>().is_ok_and(|id| id < 1 << 31);
    text.split_once(':').is_some_and(|(uid, gid)| number(uid) && number(gid))
}

fn is_variable(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && text.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_'))
        && !text.as_bytes()[0].is_ascii_digit()
}

fn is_absolute(path: &str) -> bool {
    let plain = path.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'/'));
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let clean = parts.iter().all(|part| !part.is_empty() && *part != "." && *part != "..");
    path.starts_with('/') && path.len() <= 255 && plain && clean && !matches!(parts[0], "proc" | "sys" | "dev")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redis() -> serde_json::Value {
        serde_json::json!({
            "name": "redis", "category": "database", "image": "redis:7.0", "user": "999:999",
            "command": ["redis-server", "--requirepass", "{password}"],
            "ports": [{"name": "redis", "container_port": 6379, "primary": true}],
            "properties": [{"name": "password", "type": "secret", "generate": "password"}],
            "volumes": [{"name": "data", "path": "/data", "default_size": "64MiB"}],
            "limits": {"default": {"cpu": 0.5, "memory": "64MiB", "pids": 32, "disk": "64MiB"},
                       "maximum": {"cpu": 1, "memory": "1GiB", "pids": 64, "disk": "1GiB"}},
            "connection": [{"name": "uri", "kind": "uri", "template": "redis://:{password}@{host}:{port.redis}/0"}],
        })
    }

    fn spec(change: impl FnOnce(&mut serde_json::Value)) -> MachineSpec {
        let mut value = redis();
        change(&mut value);
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_whole_description_is_taken() {
        spec(|_| {}).validate().unwrap();
    }

    #[test]
    fn what_is_wrong_is_named() {
        type Change = fn(&mut serde_json::Value);
        let wrong: [(&str, Change); 11] = [
            ("name", |v| v["name"] = "Redis!".into()),
            ("image", |v| v["image"] = "redis; rm -rf /".into()),
            ("user", |v| v["user"] = "root".into()),
            ("command", |v| v["command"] = serde_json::json!(["{nothing}"])),
            ("volumes.path", |v| v["volumes"][0]["path"] = "/data/../etc".into()),
            ("volumes.path", |v| v["volumes"][0]["path"] = "/proc/sys".into()),
            ("properties.generate", |v| v["properties"][0]["min"] = 25.into()),
            ("properties.env", |v| {
                v["properties"][0]["env"] = "TZ".into();
                v["environment"] = serde_json::json!({"TZ": "UTC"});
            }),
            ("capabilities", |v| v["capabilities"] = serde_json::json!(["SYS_ADMIN"])),
            ("limits.default", |v| v["limits"]["default"]["cpu"] = 2.into()),
            ("connection.template", |v| v["connection"][0]["template"] = "{port.nothing}".into()),
        ];
        for (field, change) in wrong {
            assert_eq!(spec(change).validate().unwrap_err().field.as_deref(), Some(field));
        }
    }

    #[test]
    fn an_unknown_field_is_refused() {
        let mut value = redis();
        value["privileged"] = true.into();
        assert!(serde_json::from_value::<MachineSpec>(value).is_err());
    }
}
