//! Which allocations a list is of, and in what order.

use kit::{Failure, MachineId};

use super::lifecycle::State;

/// No name is longer than this, so no part of one is.
const LONGEST_PART: usize = 63;

/// Only allocations that fit all that is set. Removed ones only where `state` says so.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub state: Option<State>,
    pub machine: Option<MachineId>,
    /// The whole name.
    pub name: Option<String>,
    /// What the name has in it.
    pub part: Option<NamePart>,
    pub sort: Sort,
}

/// A piece of a name that is looked for, in lower case as names are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePart(String);

impl NamePart {
    /// Any text of 1 to 63 characters, in either case; what no name can have in it finds nothing.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        if (1..=LONGEST_PART).contains(&text.chars().count()) {
            Ok(Self(text.to_lowercase()))
        } else {
            Err(Failure::invalid("q", "A part of a name is 1 to 63 characters."))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    #[default]
    CreatedAt,
    Name,
}

/// An order; allocations that it does not tell apart follow by their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    pub by: SortBy,
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self { by: SortBy::CreatedAt, descending: true }
    }
}

impl Sort {
    /// `created_at` or `name`, with `-` before it for the other way round.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let (descending, key) = match text.strip_prefix('-') {
            Some(key) => (true, key),
            None => (false, text),
        };
        let by = match key {
            "created_at" => SortBy::CreatedAt,
            "name" => SortBy::Name,
            _ => return Err(Failure::invalid("sort", "A list is sorted by created_at, -created_at, name or -name.")),
        };
        Ok(Self { by, descending })
    }

    pub const fn as_str(self) -> &'static str {
        match (self.by, self.descending) {
            (SortBy::CreatedAt, false) => "created_at",
            (SortBy::CreatedAt, true) => "-created_at",
            (SortBy::Name, false) => "name",
            (SortBy::Name, true) => "-name",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sort_survives_its_text_and_others_are_refused() {
        for text in ["created_at", "-created_at", "name", "-name"] {
            assert_eq!(Sort::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "-", "--name", "state", "Name"] {
            assert_eq!(Sort::parse(text).unwrap_err().field.as_deref(), Some("sort"), "{text}");
        }
    }

    #[test]
    fn a_part_of_a_name_is_looked_for_in_lower_case_and_has_bounds() {
        assert_eq!(NamePart::parse("ReDis").unwrap().as_str(), "redis");
        for text in ["", &"x".repeat(64)] {
            assert_eq!(NamePart::parse(text).unwrap_err().field.as_deref(), Some("q"), "{text}");
        }
    }
}
