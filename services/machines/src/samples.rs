//! Machines for tests, so that each test names only what it is about.

use kit::machine::MachineSpec;
use kit::{Ambient, MachineId};

use crate::domain::{Machine, Offer};

/// A whole description of a small machine.
///
/// # Panics
/// Never: the description is valid.
pub fn spec(name: &str) -> MachineSpec {
    serde_json::from_value(serde_json::json!({
        "name": name, "category": "database", "icon": "redis", "image": "redis:7.0",
        "ports": [{"name": "redis", "container_port": 6379, "primary": true}],
        "limits": {"default": {"cpu": 0.5, "memory": "64MiB", "pids": 32, "disk": "64MiB"},
                   "maximum": {"cpu": 1, "memory": "1GiB", "pids": 64, "disk": "1GiB"}},
    }))
    .expect("a whole description")
}

/// A description that uses every field there is, with values that a careless backend would change.
///
/// # Panics
/// Never: the description is valid.
pub fn rich(name: &str) -> MachineSpec {
    serde_json::from_value(serde_json::json!({
        "name": name, "description": "$set: \"100%\" Ähnliches.\nZeile {zwei}", "category": "web", "icon": "nginx",
        "image": "registry.example/team/app:1.2", "user": "999:999", "read_only": false,
        "tmpfs": [{"path": "/tmp", "size": 1}, {"path": "/scratch", "size": 68_719_476_736_u64}],
        "command": ["serve", "--word", "{word}", ""], "environment": {"EMPTY": "", "DOLLAR_1": "$$NOW.$a.b"},
        "capabilities": ["CHOWN", "KILL"],
        "ports": [{"name": "web", "container_port": 65535, "primary": true},
                  {"name": "dns", "container_port": 53, "protocol": "udp"}],
        "properties": [
            {"name": "word", "type": "string", "default": "$literal", "pattern": "[a-z$]+", "env": "WORD"},
            {"name": "count", "type": "integer", "default": 9_007_199_254_740_993_i64, "min": i64::MIN, "max": i64::MAX},
            {"name": "flag", "type": "boolean", "required": true},
            {"name": "mode", "type": "enum", "values": ["1", "true", "null"], "default": "1"},
            {"name": "password", "type": "secret", "generate": "password", "description": "Made up."}],
        "volumes": [{"name": "data", "path": "/data", "default_size": "16MiB"}],
        "readiness": {"type": "http", "port": "web", "path": "/ready", "status": 204, "interval": "250ms"},
        "health": {"type": "exec", "command": ["ask", "{word}"], "timeout": "2s", "retries": 3},
        "limits": {"default": {"cpu": 0.001, "memory": "64MiB", "pids": 32, "disk": "64MiB"},
                   "maximum": {"cpu": 1024, "memory": "1TiB", "pids": 4096, "disk": "1TiB"}},
        "connection": [{"name": "uri", "kind": "uri", "template": "http://{host}:{port.web}/{word}"}],
    }))
    .expect("a whole description")
}

pub fn offer(name: &str) -> Offer {
    Offer { spec: spec(name), active: true }
}

/// The first revision, made now.
///
/// # Panics
/// Where the name is none.
pub fn machine(ambient: &Ambient, name: &str) -> Machine {
    Machine::create(MachineId::mint(ambient), offer(name), ambient.now()).expect("a whole description")
}
