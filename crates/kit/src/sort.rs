//! The order of a list: by one of a few columns, either way round, with ids where the column does not tell two apart; and
//! the place in that order where a page ended.

use std::fmt;
use std::str::FromStr;

use crate::{Cursor, ErrorCode, Failure};

/// What a list can be sorted by: a few columns, each with the name that clients know.
pub trait Column: Copy + Eq + 'static {
    /// All, in the order that a refusal names them. The first is the one where none is asked for.
    const ALL: &'static [Self];
    /// Whether the order where none is asked for goes down.
    const DESCENDS: bool = false;

    fn as_str(self) -> &'static str;

    /// Whether its values are numbers, as times are.
    fn is_number(self) -> bool;
}

/// A column and a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort<C> {
    pub by: C,
    pub descending: bool,
}

/// A column's value as a cursor carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    Number(i64),
    Text(String),
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl<C: Column> Default for Sort<C> {
    fn default() -> Self {
        Self { by: C::ALL[0], descending: C::DESCENDS }
    }
}

impl<C: Column> Sort<C> {
    /// A column's name, with `-` before it for the other way round.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let (descending, name) = match text.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, text),
        };
        let by = C::ALL.iter().copied().find(|column| column.as_str() == name);
        by.map(|by| Self { by, descending }).ok_or_else(|| {
            let known: Vec<String> = C::ALL.iter().map(|column| format!("{0} or -{0}", column.as_str())).collect();
            Failure::invalid("sort", format!("A list is sorted by {}.", known.join(", ")))
        })
    }

    /// The place behind an item: its value in the sort column and its id.
    pub fn place(self, value: &Mark, id: impl fmt::Display) -> Cursor {
        Cursor::of(&[&self.to_string(), &value.to_string(), &id.to_string()])
    }

    /// The value and the id of a place. A cursor of another order is refused.
    pub fn read<I: FromStr>(self, cursor: &Cursor) -> Result<(Mark, I), Failure> {
        let found = match cursor.parts()[..] {
            [order, value, id] if order == self.to_string() => self.mark(value).zip(id.parse().ok()),
            _ => None,
        };
        found.ok_or_else(|| {
            Failure::new(ErrorCode::InvalidInput, "This cursor is not one that a list in this order gave.")
                .field("cursor")
        })
    }

    fn mark(self, text: &str) -> Option<Mark> {
        if self.by.is_number() { text.parse().ok().map(Mark::Number) } else { Some(Mark::Text(text.to_owned())) }
    }
}

impl<C: Column> fmt::Display for Sort<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.descending { "-" } else { "" }, self.by.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ambient, UserId};

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum By {
        CreatedAt,
        Name,
    }

    impl Column for By {
        const ALL: &'static [Self] = &[Self::CreatedAt, Self::Name];

        fn as_str(self) -> &'static str {
            match self {
                Self::CreatedAt => "created_at",
                Self::Name => "name",
            }
        }

        fn is_number(self) -> bool {
            self == Self::CreatedAt
        }
    }

    #[test]
    fn a_sort_survives_its_text_and_others_are_refused() {
        for text in ["created_at", "-created_at", "name", "-name"] {
            assert_eq!(Sort::<By>::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "-", "--name", "+name", "state", "Name"] {
            let refused = Sort::<By>::parse(text).unwrap_err();
            assert_eq!(refused.field.as_deref(), Some("sort"), "{text}");
            assert!(refused.detail.contains("created_at or -created_at, name or -name"), "{refused}");
        }
    }

    #[test]
    fn a_place_is_read_in_its_own_order_only() {
        let id = UserId::mint(&Ambient::system());
        let (by_time, by_name) =
            (Sort { by: By::CreatedAt, descending: true }, Sort { by: By::Name, descending: false });
        let place = by_time.place(&Mark::Number(7), id);
        assert_eq!(by_time.read::<UserId>(&place).unwrap(), (Mark::Number(7), id));
        assert_eq!(by_name.read::<UserId>(&place).unwrap_err().field.as_deref(), Some("cursor"));
        let named = by_name.place(&Mark::Text("a b".into()), id);
        assert_eq!(by_name.read::<UserId>(&named).unwrap(), (Mark::Text("a b".into()), id));
        let broken = Cursor::of(&["-created_at", "seven", &id.to_string()]);
        assert!(by_time.read::<UserId>(&broken).is_err());
    }
}
