//! Which machines a list shows, and in what order.

use kit::Failure;
use kit::machine::MachineSpec;
use kit::sort::Column;

/// Only machines that fit all that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The whole name.
    pub name: Option<String>,
    pub active: Option<bool>,
    pub category: Option<String>,
    pub search: Option<Search>,
}

/// A piece of a name or a description, in lower case: upper and lower case are one to who searches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search(String);

impl Search {
    /// 1 to 63 characters.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        if (1..=63).contains(&text.chars().count()) {
            return Ok(Self(text.to_lowercase()));
        }
        Err(Failure::invalid("q", "A search is for 1 to 63 characters of a name or a description."))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What of a machine is searched, in the same case.
    pub fn index(spec: &MachineSpec) -> String {
        format!("{}\n{}", spec.name, spec.description).to_lowercase()
    }
}

/// What a list can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    Name,
    CreatedAt,
}

impl Column for SortBy {
    const ALL: &'static [Self] = &[Self::Name, Self::CreatedAt];

    fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::CreatedAt => "created_at",
        }
    }

    fn is_number(self) -> bool {
        self == Self::CreatedAt
    }
}

pub type Sort = kit::Sort<SortBy>;

/// A list as it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    pub filter: Filter,
    pub sort: Sort,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn a_search_is_of_a_few_characters_in_one_case() {
        assert_eq!(Search::parse("ÄPFEL").unwrap().as_str(), "äpfel");
        let spec = MachineSpec { description: "Über Nacht".into(), ..samples::spec("redis") };
        assert!(Search::index(&spec).contains(Search::parse("ÜBER").unwrap().as_str()));
        for text in [String::new(), "x".repeat(64)] {
            assert_eq!(Search::parse(&text).unwrap_err().field.as_deref(), Some("q"), "{text}");
        }
    }
}
