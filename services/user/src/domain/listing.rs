//! Which accounts an admin's list shows, and in what order.

use kit::Failure;

use super::Email;

/// Only accounts that fit all that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The whole address.
    pub email: Option<Email>,
    pub verified: Option<bool>,
    pub admin: Option<bool>,
    pub suspended: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    #[default]
    CreatedAt,
    Email,
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
    /// `created_at` or `email`, with `-` before it for the other way round.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let (descending, key) = match text.strip_prefix('-') {
            Some(key) => (true, key),
            None => (false, text),
        };
        let by = match key {
            "created_at" => SortBy::CreatedAt,
            "email" => SortBy::Email,
            _ => return Err(Failure::invalid("sort", "A list is sorted by created_at, -created_at, email or -email.")),
        };
        Ok(Self { by, descending })
    }

    pub const fn as_str(self) -> &'static str {
        match (self.by, self.descending) {
            (SortBy::CreatedAt, false) => "created_at",
            (SortBy::CreatedAt, true) => "-created_at",
            (SortBy::Email, false) => "email",
            (SortBy::Email, true) => "-email",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sort_survives_its_text_and_others_are_refused() {
        for text in ["created_at", "-created_at", "email", "-email"] {
            assert_eq!(Sort::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "-", "+email", "--email", "id", "Email"] {
            assert_eq!(Sort::parse(text).unwrap_err().field.as_deref(), Some("sort"), "{text}");
        }
    }
}
