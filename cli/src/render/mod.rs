//! The platform's answers as people read them.

mod amount;
mod comment;
mod field;
mod machine;
mod paint;
mod table;

use kit::Timestamp;
use serde_json::Value;

use crate::model::{Allocation, Connection, Limits, Quota, User};

use amount::{age, size};
pub use comment::comments;
pub use field::{Field, items, thing};
pub use machine::{machine, machines};
pub use paint::{Paint, Tone};
use table::{Cell, block, table};

/// By which time, and with which colours, things are shown.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub now: Timestamp,
    pub paint: Paint,
}

pub fn allocations(list: &[Allocation], look: Look) -> String {
    let row = |allocation: &Allocation| {
        vec![
            Cell::from(&allocation.name),
            machine_of(allocation).into(),
            state(allocation),
            address(allocation).into(),
            allocation.created_at.map(|at| age(look.now.since(at))).unwrap_or_default().into(),
            Cell::from(&allocation.id),
        ]
    };
    let rows: Vec<Vec<Cell>> = list.iter().map(row).collect();
    table(&["name", "machine", "state", "address", "age", "id"], &rows, look.paint)
}

pub fn allocation(allocation: &Allocation, look: Look) -> String {
    let reason = allocation.reason.as_ref().map(|reason| format!("{} ({})", reason.detail, reason.code));
    let ports = allocation.ports.iter().map(|port| {
        let bound = port.bound.map_or_else(|| "not bound yet".to_owned(), |bound| bound.to_string());
        format!("{} {}/{} at {bound}", port.name, port.inside, port.protocol)
    });
    let age = |at: Option<Timestamp>| at.map(|at| age(look.now.since(at)));
    let started = age(allocation.started_at).map(|age| format!("{age} ago"));
    let rows = [
        ("name", Cell::from(&allocation.name)),
        ("id", Cell::from(&allocation.id)),
        ("machine", machine_of(allocation).into()),
        ("state", state(allocation)),
        ("reason", reason.unwrap_or_default().into()),
        ("address", address(allocation).into()),
        ("ports", ports.collect::<Vec<_>>().join(", ").into()),
        ("limits", allocation.limits.as_ref().map(limits).unwrap_or_default().into()),
        ("site", allocation.site.clone().unwrap_or_default().into()),
        ("age", age(allocation.created_at).unwrap_or_default().into()),
        ("started", started.unwrap_or_default().into()),
    ];
    block(&rows, look.paint)
}

pub fn connection(connection: &Connection, look: Look) -> String {
    let port = connection.port.map(|port| port.to_string()).unwrap_or_default();
    let mut rows = vec![("host", Cell::from(connection.host.clone().unwrap_or_default())), ("port", Cell::from(port))];
    rows.extend(connection.connections.iter().map(|way| (way.name.as_str(), Cell::from(&way.value))));
    rows.extend(connection.properties.iter().map(|(name, value)| (name.as_str(), Cell::from(text(value)))));
    block(&rows, look.paint)
}

pub fn quota(quota: &Quota, look: Look) -> String {
    let row = |(name, limit): (&String, &Value)| {
        let used = quota.used.get(name).unwrap_or(&Value::Null);
        vec![Cell::from(name), amount_of(name, used).into(), amount_of(name, limit).into()]
    };
    table(&["of", "used", "limit"], &quota.limits.iter().map(row).collect::<Vec<_>>(), look.paint)
}

pub fn user(user: &User, look: Look) -> String {
    let is = [(user.verified, "verified"), (!user.verified, "not verified"), (user.admin, "admin")];
    let is = is.iter().filter(|(so, _)| *so).map(|(_, word)| *word).collect::<Vec<_>>().join(", ");
    let name = format!("{} {}", user.first_name, user.last_name);
    let rows = [
        ("email", Cell::from(&user.email)),
        ("name", name.trim().into()),
        ("account", is.into()),
        ("id", Cell::from(&user.id)),
    ];
    block(&rows, look.paint)
}

fn state(allocation: &Allocation) -> Cell {
    match &allocation.reason {
        Some(reason) if allocation.state == "failed" => {
            Cell::toned(&format!("failed: {}", reason.code), Tone::of_state("failed"))
        }
        _ => Cell::state(&allocation.state),
    }
}

/// Its name as it was when the allocation was made.
fn machine_of(allocation: &Allocation) -> String {
    allocation.machine_name.clone().unwrap_or_else(|| allocation.machine_id.clone())
}

fn address(allocation: &Allocation) -> String {
    match (&allocation.host, allocation.ports.iter().find_map(|port| port.bound)) {
        (Some(host), Some(port)) if host.contains(':') => format!("[{host}]:{port}"),
        (Some(host), Some(port)) => format!("{host}:{port}"),
        _ => "-".to_owned(),
    }
}

fn limits(limits: &Limits) -> String {
    let disk = if limits.disk == 0 { String::new() } else { format!(", {} disk", size(limits.disk)) };
    format!("{} cpu, {}{disk}", limits.cpu, size(limits.memory))
}

/// Memory and disk are bytes; the others are numbers as they are.
fn amount_of(name: &str, value: &Value) -> String {
    match value.as_u64() {
        Some(bytes) if matches!(name, "memory" | "disk") => size(bytes),
        _ => text(value),
    }
}

/// A value on one line: lists with commas, objects as `name=value`.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(pairs) => {
            pairs.iter().map(|(name, value)| format!("{name}={}", text(value))).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::read;

    fn demo() -> Allocation {
        read(&json!({
            "id": "0190", "name": "demo", "machine_id": "m", "machine_name": "redis", "state": "running", "desired": "running", "reason": null,
            "host": "127.0.0.1", "ports": [{"name": "redis", "container_port": 6379, "host_port": 20001, "protocol": "tcp"}],
            "limits": {"cpu": 0.5, "memory": 268_435_456, "disk": 1_073_741_824}, "created_at": "2026-01-01T00:00:00Z",
            "invented": "later"
        }))
        .unwrap()
    }

    fn later() -> Look {
        Look { now: "2026-01-01T00:05:00Z".parse().unwrap(), paint: Paint::Plain }
    }

    #[test]
    fn a_table_is_as_wide_as_its_cells() {
        let shown = allocations(&[demo()], later());
        let expected =
            "NAME  MACHINE  STATE    ADDRESS          AGE    ID\ndemo  redis    running  127.0.0.1:20001  5 min  0190";
        assert_eq!(shown, expected);
    }

    #[test]
    fn an_unbound_or_failed_allocation_says_so() {
        let mut failed = demo();
        failed.ports[0].bound = None;
        failed.state = "failed".into();
        failed.reason = read(&json!({"code": "oom_killed", "detail": "Too little memory."})).unwrap();
        let shown = allocation(&failed, later());
        assert!(shown.contains("failed: oom_killed") && shown.contains("Too little memory. (oom_killed)"), "{shown}");
        assert!(shown.contains("redis 6379/tcp at not bound yet"), "{shown}");
    }

    #[test]
    fn a_quota_shows_sizes_in_their_units() {
        let quota_shown = quota(
            &read(&json!({"limits": {"cpu": 4.0, "memory": 4_294_967_296_u64}, "used": {"cpu": 0.5}})).unwrap(),
            later(),
        );
        assert_eq!(quota_shown, "OF      USED  LIMIT\ncpu     0.5   4.0\nmemory        4GiB");
    }
}
