//! Ids: UUIDv7 inside, each with a type of its own, so that a tenant is never passed where a user is wanted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Ambient;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $noun:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new one, ordered by the clock's time.
            pub fn mint(ambient: &Ambient) -> Self {
                Self(ambient.uuid())
            }

            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            pub const fn as_uuid(self) -> Uuid {
                self.0
            }

            /// The 16 bytes that databases keep.
            pub fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }

            /// `None` unless there are exactly 16 bytes.
            pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
                Uuid::from_slice(bytes).ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                // Only the hyphenated form: one id has one text.
                if text.len() != 36 {
                    return Err(NotAnId($noun));
                }
                Uuid::try_parse(text).map(Self).map_err(|_| NotAnId($noun))
            }
        }
    )*};
}

/// The text was not an id; names what it should have been the id of.
#[derive(Debug, thiserror::Error)]
#[error("This is no {0} id: an id is a UUID such as 0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a")]
pub struct NotAnId(pub &'static str);

ids! {
    /// A person's account.
    UserId = "user";
    /// Who owns allocations and quotas. A user's personal tenant has an id of its own.
    TenantId = "tenant";
    /// A catalogue entry.
    MachineId = "machine";
    /// One tenant's instance of a machine.
    AllocationId = "allocation";
    /// One login, from its first token to its closing.
    SessionId = "session";
    /// What a program calls with in a user's place.
    ApiKeyId = "API key";
    /// Something said about a machine.
    CommentId = "comment";
    /// Where a user has events sent to.
    WebhookId = "webhook";
    /// One event on the bus.
    EventId = "event";
    /// The tiny container that holds an allocation's network.
    SandboxId = "sandbox";
    /// A volume's own id: it can outlive its allocation.
    VolumeId = "volume";
    /// One Berth: minted with its data directory, and on everything it owns on an engine.
    InstallationId = "installation";
}

/// A container engine and the docker service in front of it: 1 to 63 of `[a-z0-9-]`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SiteId(String);

impl SiteId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SiteId {
    type Error = NotAnId;

    fn try_from(text: String) -> Result<Self, NotAnId> {
        text.parse()
    }
}

impl From<SiteId> for String {
    fn from(site: SiteId) -> Self {
        site.0
    }
}

impl FromStr for SiteId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        if is_label(text) { Ok(Self(text.to_owned())) } else { Err(NotAnId("site")) }
    }
}

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 1 to 63 of `[a-z0-9-]`: what names of sites, machines and allocations are made of.
pub fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ordered_by_time_and_survive_their_text() {
        let ambient = Ambient::system();
        let (first, second) = (UserId::mint(&ambient), UserId::mint(&ambient));
        assert_ne!(first, second);
        assert_eq!(first.to_string().parse::<UserId>().unwrap(), first);
        assert_eq!(UserId::from_bytes(first.as_bytes()), Some(first));
        assert_eq!(first.as_uuid().get_version_num(), 7);
    }

    #[test]
    fn other_spellings_of_an_id_are_refused() {
        for text in ["", "x", "0190b1d67f3a7cc19a3e1f0e5d6c7b8a", "{0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a}"] {
            assert!(text.parse::<UserId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_label_is_short_and_plain() {
        assert!(is_label("redis-7"));
        for text in ["", "Redis", "a_b", "a b", "ä", &"a".repeat(64)] {
            assert!(!is_label(text), "{text}");
        }
    }
}
