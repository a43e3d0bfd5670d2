//! Fields of the platform's answers, as columns of a table or lines of a block. Lenient on purpose: a field that is not
//! there, or not of its kind, is shown as it is or not at all.

use kit::Timestamp;
use serde_json::Value;

use super::amount::{age, moment};
use super::table::{self, Cell};
use super::{Look, text};

/// The most columns of the terminal that a text in a table takes.
const LONGEST: usize = 60;

/// One field, and how it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The column's head, or the line's name.
    head: &'static str,
    /// As a JSON pointer without its first slash.
    path: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    /// A text that is too long for a table.
    Long,
    /// A word that may have a colour.
    State,
    /// A time in the past, by how long ago it was.
    Ago,
    /// A time in the future, by how long there is.
    Left,
    /// A time as such.
    When,
    YesOrNo,
    /// Two texts with a space between them.
    And(&'static str),
}

impl Field {
    const fn new(head: &'static str, path: &'static str, kind: Kind) -> Self {
        Self { head, path, kind }
    }

    /// A text, a number, or several of them.
    pub const fn text(head: &'static str, path: &'static str) -> Self {
        Self::new(head, path, Kind::Text)
    }

    pub const fn long(head: &'static str, path: &'static str) -> Self {
        Self::new(head, path, Kind::Long)
    }

    pub const fn state(head: &'static str, path: &'static str) -> Self {
        Self::new(head, path, Kind::State)
    }

    pub const fn ago(head: &'static str, path: &'static str) -> Self {
        Self::new(head, path, Kind::Ago)
    }

    pub const fn left(head: &'static str, path: &'static str) -> Self {
        Self::new(head, path, Kind::Left)
    }

    pub const fn when(head: &'static str, path: &'static str) -> Self {
        Self::new(head, path, Kind::When)
    }

    pub const fn yes_or_no(head: &'static str, path: &'static str) -> Self {
        Self::new(head, path, Kind::YesOrNo)
    }

    pub const fn and(head: &'static str, path: &'static str, second: &'static str) -> Self {
        Self::new(head, path, Kind::And(second))
    }

    fn of(self, item: &Value, look: Look) -> Cell {
        let value = at(item, self.path);
        let time = |shown: &dyn Fn(Timestamp) -> String| {
            let parsed = value.as_str().and_then(|text| text.parse().ok());
            Cell::from(parsed.map_or_else(|| text(value), shown))
        };
        match self.kind {
            Kind::Text => text(value).into(),
            Kind::Long => table::shortened(&text(value), LONGEST).into(),
            Kind::State => Cell::state(&text(value)),
            Kind::Ago => time(&|at| format!("{} ago", age(look.now.since(at)))),
            Kind::Left if value.is_null() => "never".into(),
            Kind::Left => {
                time(&|at| if at > look.now { format!("in {}", age(at.since(look.now))) } else { "over".to_owned() })
            }
            Kind::When => time(&moment),
            Kind::YesOrNo => value.as_bool().map(|yes| if yes { "yes" } else { "no" }).unwrap_or_default().into(),
            Kind::And(second) => format!("{} {}", text(value), text(at(item, second))).trim().into(),
        }
    }
}

fn at<'a>(item: &'a Value, path: &str) -> &'a Value {
    item.pointer(&format!("/{path}")).unwrap_or(&Value::Null)
}

/// A list's items, a line each.
pub fn items(fields: &[Field], items: &[Value], look: Look) -> String {
    let heads: Vec<&str> = fields.iter().map(|field| field.head).collect();
    let rows: Vec<Vec<Cell>> =
        items.iter().map(|item| fields.iter().map(|field| field.of(item, look)).collect()).collect();
    table::table(&heads, &rows, look.paint)
}

/// One thing, a line for each of its fields that has a value.
pub fn thing(fields: &[Field], item: &Value, look: Look) -> String {
    let rows: Vec<(&str, Cell)> = fields.iter().map(|field| (field.head, field.of(item, look))).collect();
    table::block(&rows, look.paint)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::render::Paint;

    const FIELDS: [Field; 7] = [
        Field::text("name", "name"),
        Field::text("scopes", "scopes"),
        Field::and("by", "author/first", "author/last"),
        Field::ago("made", "made_at"),
        Field::left("ends", "ends_at"),
        Field::yes_or_no("mine", "mine"),
        Field::text("details", "details"),
    ];

    fn look() -> Look {
        Look { now: "2026-01-02T00:00:00Z".parse().unwrap(), paint: Paint::Plain }
    }

    #[test]
    fn fields_are_shown_by_their_kind() {
        let item = json!({"name": "ci", "scopes": ["a", "b"], "author": {"first": "Ada", "last": "L"},
            "made_at": "2026-01-01T23:59:00Z", "ends_at": "2026-01-12T00:00:00Z", "mine": true, "details": {"a": 1, "b": "c"}});
        let shown = items(&FIELDS, &[item], look());
        let expected = "NAME  SCOPES  BY     MADE       ENDS     MINE  DETAILS\n\
                        ci    a, b    Ada L  1 min ago  in 10 d  yes   a=1, b=c";
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_is_missing_or_of_another_kind_is_no_failure() {
        let item = json!({"name": null, "scopes": 5, "made_at": "soon", "mine": "perhaps"});
        assert_eq!(thing(&FIELDS, &item, look()), "scopes  5\nmade    soon\nends    never");
    }
}
