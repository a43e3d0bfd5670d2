//! Which machines a list shows, and in what order.

use kit::Failure;

/// Only machines that fit all that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The whole name.
    pub name: Option<String>,
    pub active: Option<bool>,
    pub category: Option<String>,
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
