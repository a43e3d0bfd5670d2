//! Which accounts an admin's list shows, and in what order.

use kit::sort::Column;

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

/// What a list can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    CreatedAt,
    Email,
}

impl Column for SortBy {
    const ALL: &'static [Self] = &[Self::CreatedAt, Self::Email];

    fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::Email => "email",
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
