//! Which allocations a list is of, and in what order.

use kit::sort::Column;
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

/// What a list can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    CreatedAt,
    Name,
}

impl Column for SortBy {
    const ALL: &'static [Self] = &[Self::CreatedAt, Self::Name];
    const DESCENDS: bool = true;

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

pub type Sort = kit::Sort<SortBy>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_name_is_looked_for_in_lower_case_and_has_bounds() {
        assert_eq!(NamePart::parse("ReDis").unwrap().as_str(), "redis");
        for text in ["", &"x".repeat(64)] {
            assert_eq!(NamePart::parse(text).unwrap_err().field.as_deref(), Some("q"), "{text}");
        }
    }
}
