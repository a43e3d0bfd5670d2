//! Samples that tests and documentation share, so that the examples in the documentation cannot lie.

use kit::machine::MachineSpec;
use kit::{Ambient, MachineId, TenantId, UserId};

use crate::domain::allocation::{Allocation, MachineCopy, PropertyValues};
use crate::domain::request::{Owner, Wishes, requested, resolve_wishes};

/// A small Redis.
///
/// # Panics
/// Never: the text below is checked by the tests.
pub fn redis() -> MachineSpec {
    let spec = r#"{
        "name": "redis", "category": "database", "image": "redis:7.0", "user": "999:999",
        "command": ["redis-server", "--requirepass", "{password}"],
        "ports": [{"name": "redis", "container_port": 6379, "primary": true}],
        "properties": [{"name": "password", "type": "secret", "generate": "password"}],
        "volumes": [{"name": "data", "path": "/data", "default_size": "64MiB"}],
        "limits": {"default": {"cpu": 0.5, "memory": "64MiB", "pids": 32, "disk": "64MiB"},
                   "maximum": {"cpu": 1, "memory": "1GiB", "pids": 64, "disk": "1GiB"}},
        "connection": [{"name": "uri", "kind": "uri", "template": "redis://:{password}@{host}:{port.redis}/0"}]
    }"#;
    serde_json::from_str(spec).expect("the sample is a machine")
}

/// A copy of it, as the catalogue gives it.
pub fn machine(ambient: &Ambient) -> MachineCopy {
    MachineCopy { id: MachineId::mint(ambient), revision: 1, spec: redis() }
}

/// A fresh allocation of it.
///
/// # Panics
/// Never: the sample's defaults are within its limits.
pub fn allocation() -> (Allocation, PropertyValues) {
    let ambient = Ambient::system();
    new_allocation(&ambient, TenantId::mint(&ambient), machine(&ambient))
}

/// A fresh allocation of a tenant's.
///
/// # Panics
/// When the machine's defaults break its own rules.
pub fn new_allocation(ambient: &Ambient, tenant: TenantId, machine: MachineCopy) -> (Allocation, PropertyValues) {
    let resolved = resolve_wishes(&machine.spec, &Wishes::default(), ambient).expect("the defaults are allowed");
    let (user, name) = (UserId::mint(ambient), crate::domain::name::make_up(ambient));
    let owner = Owner { tenant, user, name, site: "local".parse().expect("a plain label") };
    let allocation = requested(owner, machine, &resolved, ambient);
    (allocation, resolved.values)
}
