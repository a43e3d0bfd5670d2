//! Machines of the catalogue: a line each, or one with what it can be told.

use serde_json::Value;

use super::table::{Cell, block, shortened, table};
use super::{Look, limits, text};
use crate::model::{Machine, Property};

/// The most columns that a description takes.
const DESCRIPTION: usize = 60;

pub fn machines(machines: &[Machine], look: Look) -> String {
    let row = |machine: &Machine| {
        let limits = machine.limits.as_ref().map(|range| limits(&range.default)).unwrap_or_default();
        let description = machine.description.lines().next().unwrap_or_default();
        vec![
            name(machine),
            Cell::from(&machine.category),
            limits.into(),
            opinions(machine).into(),
            shortened(description, DESCRIPTION).into(),
        ]
    };
    let rows: Vec<Vec<Cell>> = machines.iter().map(row).collect();
    table(&["name", "category", "limits", "likes", "description"], &rows, look.paint)
}

pub fn machine(machine: &Machine, look: Look) -> String {
    let range = machine.limits.as_ref();
    let ports = machine.ports.iter().map(|port| format!("{} {}/{}", port.name, port.inside, port.protocol));
    let mut rows = vec![
        ("name", Cell::from(&machine.name)),
        ("id", Cell::from(&machine.id)),
        ("category", Cell::from(&machine.category)),
        ("description", Cell::from(&machine.description)),
        ("image", Cell::from(&machine.image)),
        ("ports", ports.collect::<Vec<_>>().join(", ").into()),
        ("limits", range.map(|range| limits(&range.default)).unwrap_or_default().into()),
        ("at most", range.and_then(|range| range.maximum.as_ref()).map(limits).unwrap_or_default().into()),
        ("likes", opinions(machine).into()),
        ("offered", if machine.active { "yes" } else { "no" }.into()),
        ("revision", text(&machine.revision).into()),
    ];
    rows.extend(machine.properties.iter().map(|property| ("property", property_line(property).into())));
    block(&rows, look.paint)
}

fn name(machine: &Machine) -> Cell {
    if machine.active { Cell::from(&machine.name) } else { format!("{} (not offered)", machine.name).into() }
}

/// Likes, dislikes and comments; nothing where the feed does not answer.
fn opinions(machine: &Machine) -> String {
    match (machine.likes, machine.dislikes, machine.comments) {
        (Some(likes), Some(dislikes), Some(comments)) => {
            let noun = if comments == 1 { "comment" } else { "comments" };
            format!("+{likes} -{dislikes}, {comments} {noun}")
        }
        _ => String::new(),
    }
}

/// `password: secret, required, 8 to 64. What it is for.`
fn property_line(property: &Property) -> String {
    let mut words = vec![format!("{}: {}", property.name, property.kind)];
    words.extend(property.required.then(|| "required".to_owned()));
    words.extend(property.generate.as_ref().map(|_| "made up where none is given".to_owned()));
    words.extend((!property.default.is_null()).then(|| format!("default {}", text(&property.default))));
    words.extend(
        (!property.values.is_empty()).then(|| format!("one of {}", text(&Value::from(property.values.clone())))),
    );
    let range = match (&property.min, &property.max) {
        (Value::Null, Value::Null) => None,
        (min, Value::Null) => Some(format!("from {}", text(min))),
        (Value::Null, max) => Some(format!("up to {}", text(max))),
        (min, max) => Some(format!("{} to {}", text(min), text(max))),
    };
    words.extend(range);
    let description =
        if property.description.is_empty() { String::new() } else { format!(". {}", property.description) };
    format!("{}{description}", words.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::read;
    use crate::render::Paint;

    fn look() -> Look {
        Look { now: "2026-01-01T00:00:00Z".parse().unwrap(), paint: Paint::Plain }
    }

    fn redis() -> Value {
        json!({"id": "m", "name": "redis", "category": "database", "description": "Fast.\nSmall.", "image": "redis:7.0",
            "ports": [{"name": "redis", "container_port": 6379, "protocol": "tcp"}], "revision": 3, "active": true,
            "limits": {"default": {"cpu": 0.5, "memory": 134_217_728}, "maximum": {"cpu": 2, "memory": 1_073_741_824}},
            "properties": [{"name": "password", "type": "secret", "generate": "password", "min": 8, "max": 64},
                {"name": "mode", "type": "enum", "required": true, "values": ["a", "b"], "default": "a", "description": "How."}],
            "likes": 3, "dislikes": 1, "comments": 2})
    }

    #[test]
    fn a_list_counts_opinions_where_they_are_known() {
        let mut quiet = redis();
        quiet["likes"] = json!(null);
        quiet["active"] = json!(false);
        let shown = machines(&[read(&redis()).unwrap(), read(&quiet).unwrap()], look());
        let expected = "NAME                 CATEGORY  LIMITS           LIKES              DESCRIPTION\n\
                        redis                database  0.5 cpu, 128MiB  +3 -1, 2 comments  Fast.\n\
                        redis (not offered)  database  0.5 cpu, 128MiB                     Fast.";
        assert_eq!(shown, expected);
    }

    #[test]
    fn one_comment_is_no_plural() {
        let counted = [0, 1, 2].map(|comments| {
            let mut machine = redis();
            machine["comments"] = json!(comments);
            opinions(&read(&machine).unwrap())
        });
        assert_eq!(counted, ["+3 -1, 0 comments", "+3 -1, 1 comment", "+3 -1, 2 comments"]);
    }

    #[test]
    fn a_machine_says_what_it_can_be_told() {
        let shown = machine(&read(&redis()).unwrap(), look());
        assert!(shown.contains("at most      2 cpu, 1GiB\n"), "{shown}");
        assert!(shown.contains("property     password: secret, made up where none is given, 8 to 64\n"), "{shown}");
        assert!(shown.ends_with("property     mode: enum, required, default a, one of a, b. How."), "{shown}");
    }
}
