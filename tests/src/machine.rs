//! Machines that an admin adds for a test, all of the smallest image.

use serde_json::{Value, json};

/// Built by `images/build.sh`: a shell, a web server and a netcat, nothing else.
pub const IMAGE: &str = "berth-tiny:1";
/// Serves an empty directory on the primary port.
pub const SERVE: &[&str] = &["httpd", "-f", "-p", "8080", "-h", "/tmp"];

/// A machine that runs a command and has one port, 8080.
pub fn tiny(name: &str, command: &[&str]) -> Value {
    json!({
        "name": name, "category": "test", "image": IMAGE, "user": "1000:1000", "command": command,
        "tmpfs": [{"path": "/tmp", "size": "1MiB"}],
        "ports": [{"name": "http", "container_port": 8080, "primary": true}],
        "limits": {"default": {"cpu": 0.25, "memory": "16MiB", "pids": 16, "disk": 0},
                   "maximum": {"cpu": 0.5, "memory": "32MiB", "pids": 32, "disk": "64MiB"}},
    })
}

/// The same by a shell line.
pub fn shell(name: &str, line: &str) -> Value {
    tiny(name, &["sh", "-c", line])
}

/// With other fields in place of its own.
pub fn with(mut machine: Value, changes: Value) -> Value {
    if let (Some(machine), Value::Object(changes)) = (machine.as_object_mut(), changes) {
        machine.extend(changes);
    }
    machine
}
