//! One text a statement. It is written as SQLite takes it, from what both databases have, and changed for MySQL in the
//! few places where they differ:
//!
//! | written | SQLite gets | MySQL gets |
//! |---|---|---|
//! | `ON CONFLICT (…) DO UPDATE SET a = excluded.a` | the same | `ON DUPLICATE KEY UPDATE a = VALUES(a)` |
//! | `INSERT … ON CONFLICT DO NOTHING` | the same | the plain `INSERT`; a duplicate counts as no row |
//! | `INSERT OR REPLACE INTO` | the same | `REPLACE INTO` |
//! | `… FOR UPDATE`, `… FOR UPDATE SKIP LOCKED` | without it: the writer is alone | the same |
//! | `NOW_MICROS()` | microseconds since the epoch, by the database's clock | the same |
//! | `json_group_array(…)` | the same; `[]` of no rows | `JSON_ARRAYAGG(…)`; `NULL` of no rows |
//! | `?1`, `?2` | the same | `?`, bound as often as it stands there |
//!
//! Double quotes name columns that are words of the language (`"key"`), `||` joins texts: sessions of MySQL are set so.

use std::borrow::Cow;

/// Which database a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    Sqlite,
    MySql,
}

/// A statement as one database takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translated {
    pub text: String,
    /// Which of the bound values stands at each `?`; `None` where they stand in order.
    pub order: Option<Vec<usize>>,
    /// Whether a row that is there already counts as no row rather than as a failure.
    pub skips_existing: bool,
}

const SKIP: &str = "ON CONFLICT DO NOTHING";
const SET: &str = "DO UPDATE SET";

impl Dialect {
    pub fn translate(self, text: &str) -> Translated {
        match self {
            Self::Sqlite => Translated { text: for_sqlite(text), order: None, skips_existing: false },
            Self::MySql => for_mysql(text),
        }
    }
}

fn for_sqlite(text: &str) -> String {
    text.replace("FOR UPDATE SKIP LOCKED", "")
        .replace("FOR UPDATE", "")
        .replace("NOW_MICROS()", "CAST(unixepoch('subsec') * 1000000 AS INTEGER)")
}

fn for_mysql(text: &str) -> Translated {
    let skips_existing = text.contains(SKIP);
    let text = text
        .replace(SKIP, "")
        .replace("INSERT OR REPLACE INTO", "REPLACE INTO")
        .replace("json_group_array(", "JSON_ARRAYAGG(")
        .replace("NOW_MICROS()", "CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)");
    let (text, order) = in_order(&upsert(&text));
    Translated { text, order, skips_existing }
}

/// The clause for rows that are there already, and the names in it of what would have been inserted.
fn upsert(text: &str) -> Cow<'_, str> {
    let Some(begin) = text.find("ON CONFLICT (") else { return Cow::Borrowed(text) };
    let Some(set) = text[begin..].find(SET) else { return Cow::Borrowed(text) };
    let (before, after) = (&text[..begin], &text[begin + set + SET.len()..]);
    let mut pieces = after.split("excluded.");
    let mut changed = format!("{before}ON DUPLICATE KEY UPDATE{}", pieces.next().unwrap_or_default());
    for piece in pieces {
        let end = piece.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '"').unwrap_or(piece.len());
        changed.extend(["VALUES(", &piece[..end], ")", &piece[end..]]);
    }
    Cow::Owned(changed)
}

/// Numbered parameters as plain ones, with which value each takes.
fn in_order(text: &str) -> (String, Option<Vec<usize>>) {
    let mut pieces = text.split('?');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    let mut order = Vec::new();
    for piece in pieces {
        let digits = piece.len() - piece.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        order.push(piece[..digits].parse::<usize>().ok());
        plain.push('?');
        plain.push_str(&piece[digits..]);
    }
    let numbered: Option<Vec<usize>> = order.into_iter().map(|number| number.map(|number| number - 1)).collect();
    (plain, numbered.filter(|order| !order.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mysql(text: &str) -> Translated {
        Dialect::MySql.translate(text)
    }

    #[test]
    fn an_upsert_is_said_as_each_takes_it() {
        let text =
            "INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT (a) DO UPDATE SET b = b + excluded.b, c = excluded.\"key\"";
        assert_eq!(Dialect::Sqlite.translate(text).text, text);
        let expected =
            "INSERT INTO t (a, b) VALUES (?, ?) ON DUPLICATE KEY UPDATE b = b + VALUES(b), c = VALUES(\"key\")";
        assert_eq!(mysql(text), Translated { text: expected.into(), order: None, skips_existing: false });
    }

    #[test]
    fn what_is_skipped_is_a_plain_insert() {
        let translated = mysql("INSERT INTO t (a) VALUES (?) ON CONFLICT DO NOTHING");
        assert_eq!((translated.text.trim_end(), translated.skips_existing), ("INSERT INTO t (a) VALUES (?)", true));
    }

    #[test]
    fn a_numbered_parameter_is_bound_as_often_as_it_stands() {
        let translated = mysql("SELECT ?2 WHERE a = ?1 AND b = ?2");
        assert_eq!(translated.text, "SELECT ? WHERE a = ? AND b = ?");
        assert_eq!(translated.order, Some(vec![1, 0, 1]));
    }

    #[test]
    fn rows_are_locked_where_others_write() {
        let text = "SELECT a FROM t WHERE at < NOW_MICROS() FOR UPDATE";
        assert!(mysql(text).text.ends_with("FOR UPDATE") && mysql(text).text.contains("UNIX_TIMESTAMP"));
        let sqlite = Dialect::Sqlite.translate(text).text;
        assert!(!sqlite.contains("FOR UPDATE") && sqlite.contains("unixepoch"));
    }
}
