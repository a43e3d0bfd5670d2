//! What an API key may do: a short list of words, each for one kind of thing read or changed. A login may do all that its
//! user may; an operation that names no scope is closed to keys.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! scopes {
    ($($name:ident $text:literal $what:literal;)*) => {
        /// One permission of an API key.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum Scope { $(#[doc = $what] $name,)* }

        impl Scope {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it allows, for people.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $what,)* }
            }
        }
    };
}

scopes! {
    ProfileRead "profile:read" "Read the own account and audit list";
    ProfileWrite "profile:write" "Change the own profile";
    AllocationsRead "allocations:read" "List, show and inspect allocations, their events and the quota";
    AllocationsWrite "allocations:write" "Create, rename, start, stop, restart and remove allocations";
    ConnectionsRead "connections:read" "Show how to connect, secrets included";
    LogsRead "logs:read" "Read and follow logs";
    FeedWrite "feed:write" "Comment, like and dislike";
    NotificationsRead "notifications:read" "Read preferences and webhooks";
    NotificationsWrite "notifications:write" "Change preferences and webhooks";
    AdminRead "admin:read" "Read what only admins see, where the user is one";
    AdminWrite "admin:write" "Do what only admins may, where the user is one";
}

/// No scope of that name.
#[derive(Debug, thiserror::Error)]
#[error("there is no scope `{0}`")]
pub struct NotAScope(pub String);

impl FromStr for Scope {
    type Err = NotAScope;

    fn from_str(text: &str) -> Result<Self, NotAScope> {
        Self::ALL.iter().copied().find(|scope| scope.as_str() == text).ok_or_else(|| NotAScope(text.to_owned()))
    }
}

impl TryFrom<String> for Scope {
    type Error = NotAScope;

    fn try_from(text: String) -> Result<Self, NotAScope> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.as_str().to_owned()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// By what a caller came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// An access token: everything that the user may do.
    #[default]
    Login,
    /// An API key: what its scopes say, of what the user may do.
    Key(Vec<Scope>),
}

impl Access {
    /// Whether an operation is open that needs this scope; one without a scope is for logins only.
    pub fn permits(&self, needed: Option<Scope>) -> bool {
        match self {
            Self::Login => true,
            Self::Key(scopes) => needed.is_some_and(|scope| scopes.contains(&scope)),
        }
    }

    pub const fn is_key(&self) -> bool {
        matches!(self, Self::Key(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_survives_its_text() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse::<Scope>().unwrap(), *scope);
        }
        assert!("allocations:all".parse::<Scope>().is_err());
    }

    #[test]
    fn a_key_opens_what_it_names_and_a_login_everything() {
        let key = Access::Key(vec![Scope::LogsRead]);
        assert!(key.permits(Some(Scope::LogsRead)) && !key.permits(Some(Scope::ConnectionsRead)) && !key.permits(None));
        assert!(Access::Login.permits(None) && Access::Login.permits(Some(Scope::AdminWrite)));
    }
}
