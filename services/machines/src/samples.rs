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
