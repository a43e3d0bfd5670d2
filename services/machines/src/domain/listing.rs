//! Which machines a list shows, and in what order.

use kit::Failure;
use kit::machine::MachineSpec;

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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    #[default]
    Name,
    CreatedAt,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    pub by: SortBy,
    pub descending: bool,
}

/// A list as it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    pub filter: Filter,
    pub sort: Sort,
}

impl Sort {
    /// `name` or `created_at`, with `-` before it for the other way round.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let (descending, key) = match text.strip_prefix('-') {
            Some(key) => (true, key),
            None => (false, text),
        };
        let by = match key {
            "name" => SortBy::Name,
            "created_at" => SortBy::CreatedAt,
            _ => return Err(Failure::invalid("sort", "A list is sorted by name, -name, created_at or -created_at.")),
        };
        Ok(Self { by, descending })
    }

    pub const fn as_str(self) -> &'static str {
        match (self.by, self.descending) {
            (SortBy::Name, false) => "name",
            (SortBy::Name, true) => "-name",
            (SortBy::CreatedAt, false) => "created_at",
            (SortBy::CreatedAt, true) => "-created_at",
        }
    }
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

    #[test]
    fn a_sort_survives_its_text_and_others_are_refused() {
        for text in ["name", "-name", "created_at", "-created_at"] {
            assert_eq!(Sort::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "-", "+name", "--name", "id", "Name"] {
            assert_eq!(Sort::parse(text).unwrap_err().field.as_deref(), Some("sort"), "{text}");
        }
    }
}
