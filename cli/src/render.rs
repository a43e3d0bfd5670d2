//! Tables and blocks for people.

use std::fmt::Write as _;
use std::time::Duration;

use kit::{Bytes, Timestamp};
use serde_json::Value;

use crate::model::{Allocation, Connection, Limits, Machine, Quota, User};

/// Columns as wide as their widest cell, two spaces apart.
pub fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = (0..heads.len())
        .map(|column| {
            let cells = rows.iter().map(|row| width(&row[column]));
            cells.chain([width(heads[column])]).max().unwrap_or_default()
        })
        .collect();
    let heads: Vec<String> = heads.iter().map(|head| head.to_uppercase()).collect();
    let lines = std::iter::once(&heads).chain(rows).map(|row| line(row, &widths));
    lines.collect::<Vec<_>>().join("\n")
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, wide) in cells.iter().zip(widths) {
        let _ = write!(line, "{}{}  ", plain(cell), " ".repeat(wide - width(cell)));
    }
    line.trim_end().to_owned()
}

/// What came from others must not steer the terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// Names and values below each other; those without a value are left out.
pub fn block(rows: &[(&str, String)]) -> String {
    let wide = rows.iter().map(|(name, _)| width(name)).max().unwrap_or_default();
    let shown = rows.iter().filter(|(_, value)| !value.is_empty());
    shown.map(|(name, value)| format!("{name:wide$}  {}", plain(value))).collect::<Vec<_>>().join("\n")
}

pub fn machines(machines: &[Machine]) -> String {
    let rows: Vec<Vec<String>> = machines
        .iter()
        .filter(|machine| machine.active)
        .map(|machine| {
            let limits = machine.limits.as_ref().map(|limits| shown_limits(&limits.default)).unwrap_or_default();
            let description = machine.description.lines().next().unwrap_or_default();
            vec![machine.name.clone(), machine.category.clone(), limits, shortened(description, 60)]
        })
        .collect();
    table(&["name", "category", "limits", "description"], &rows)
}

pub fn allocations(list: &[Allocation], now: Timestamp) -> String {
    let row = |allocation: &Allocation| {
        vec![
            allocation.name.clone(),
            machine(allocation),
            state(allocation),
            address(allocation),
            allocation.created_at.map(|at| age(now.since(at))).unwrap_or_default(),
            allocation.id.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = list.iter().map(row).collect();
    table(&["name", "machine", "state", "address", "age", "id"], &rows)
}

pub fn allocation(allocation: &Allocation, now: Timestamp) -> String {
    let reason = allocation.reason.as_ref().map(|reason| format!("{} ({})", reason.detail, reason.code));
    let ports = allocation.ports.iter().map(|port| {
        let bound = port.bound.map_or_else(|| "not bound yet".to_owned(), |bound| bound.to_string());
        format!("{} {}/{} at {bound}", port.name, port.inside, port.protocol)
    });
    block(&[
        ("name", allocation.name.clone()),
        ("id", allocation.id.clone()),
        ("machine", machine(allocation)),
        ("state", state(allocation)),
        ("reason", reason.unwrap_or_default()),
        ("address", address(allocation)),
        ("ports", ports.collect::<Vec<_>>().join(", ")),
        ("limits", allocation.limits.as_ref().map(shown_limits).unwrap_or_default()),
        ("site", allocation.site.clone().unwrap_or_default()),
        ("age", allocation.created_at.map(|at| age(now.since(at))).unwrap_or_default()),
        ("started", allocation.started_at.map(|at| format!("{} ago", age(now.since(at)))).unwrap_or_default()),
    ])
}

pub fn connection(connection: &Connection) -> String {
    let mut rows = vec![
        ("host", connection.host.clone().unwrap_or_default()),
        ("port", connection.port.map(|port| port.to_string()).unwrap_or_default()),
    ];
    rows.extend(connection.connections.iter().map(|way| (way.name.as_str(), way.value.clone())));
    rows.extend(connection.properties.iter().map(|(name, value)| (name.as_str(), text(value))));
    block(&rows)
}

pub fn quota(quota: &Quota) -> String {
    let row = |(name, limit): (&String, &Value)| {
        let used = quota.used.get(name).unwrap_or(&Value::Null);
        vec![name.clone(), amount(name, used), amount(name, limit)]
    };
    table(&["of", "used", "limit"], &quota.limits.iter().map(row).collect::<Vec<_>>())
}

pub fn user(user: &User) -> String {
    let is = [(user.verified, "verified"), (!user.verified, "not verified"), (user.admin, "admin")];
    let is = is.iter().filter(|(so, _)| *so).map(|(_, word)| *word).collect::<Vec<_>>().join(", ");
    let name = format!("{} {}", user.first_name, user.last_name).trim().to_owned();
    block(&[("email", user.email.clone()), ("name", name), ("account", is), ("id", user.id.clone())])
}

fn state(allocation: &Allocation) -> String {
    match &allocation.reason {
        Some(reason) if allocation.state == "failed" => format!("failed: {}", reason.code),
        _ => allocation.state.clone(),
    }
}

/// Its name as it was when the allocation was made.
fn machine(allocation: &Allocation) -> String {
    allocation.machine_name.clone().unwrap_or_else(|| allocation.machine_id.clone())
}

fn address(allocation: &Allocation) -> String {
    match (&allocation.host, allocation.ports.iter().find_map(|port| port.bound)) {
        (Some(host), Some(port)) if host.contains(':') => format!("[{host}]:{port}"),
        (Some(host), Some(port)) => format!("{host}:{port}"),
        _ => "-".to_owned(),
    }
}

fn shown_limits(limits: &Limits) -> String {
    let disk = if limits.disk == 0 { String::new() } else { format!(", {} disk", Bytes::new(limits.disk)) };
    format!("{} cpu, {}{disk}", limits.cpu, Bytes::new(limits.memory))
}

/// Memory and disk are bytes; the others are numbers as they are.
fn amount(name: &str, value: &Value) -> String {
    match value.as_u64() {
        Some(bytes) if matches!(name, "memory" | "disk") => Bytes::new(bytes).to_string(),
        _ => text(value),
    }
}

pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn shortened(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most - 1).collect();
    short.push('…');
    short
}

/// The greatest unit that fits, and no more: `3 s`, `12 min`, `5 h`, `40 d`.
pub fn age(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
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

    fn later() -> Timestamp {
        "2026-01-01T00:05:00Z".parse().unwrap()
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
        let quota_shown =
            quota(&read(&json!({"limits": {"cpu": 4.0, "memory": 4_294_967_296_u64}, "used": {"cpu": 0.5}})).unwrap());
        assert_eq!(quota_shown, "OF      USED  LIMIT\ncpu     0.5   4.0\nmemory        4GiB");
    }

    #[test]
    fn what_others_wrote_cannot_steer_the_terminal() {
        assert_eq!(block(&[("name", "a\x1b[2Jb\nc".into()), ("none", String::new())]), "name  a [2Jb c");
    }

    #[test]
    fn long_descriptions_are_cut_and_ages_are_short() {
        assert_eq!(shortened("ärmel", 4), "ärm…");
        let ages = [5, 65, 7_300, 90_000, 200_000].map(|seconds| age(Duration::from_secs(seconds)));
        assert_eq!(ages, ["5 s", "1 min", "2 h", "25 h", "2 d"]);
    }
}
