//! Everybody who might call.

/// A column of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Who {
    /// Without any token.
    Anonymous,
    /// With an owner's access token of yesterday.
    Expired,
    /// Who has not proven the mail address.
    Unverified,
    /// A verified user whose thing it is not.
    Stranger,
    /// Whose thing it is.
    Owner,
    /// An admin, whose thing it is not.
    Admin,
    /// The owner's API key (the admin's, for what only admins may) with every scope but the one that is needed.
    KeyWithout,
    /// The same with no other scope than that.
    KeyWith,
}

impl Who {
    pub const ALL: [Self; 8] = [
        Self::Anonymous,
        Self::Expired,
        Self::Unverified,
        Self::Stranger,
        Self::Owner,
        Self::Admin,
        Self::KeyWithout,
        Self::KeyWith,
    ];
}
