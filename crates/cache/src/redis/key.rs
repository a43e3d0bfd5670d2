//! Keys of one entity. What is known of it lies under one hash tag and so in one slot of a Redis Cluster: a script may touch
//! keys of one slot only.

use std::fmt;

/// A key of something that is counted: `berth:limit:credentials:{192.0.2.1}`. The braces hold the hash tag, which alone
/// decides on the slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// `entity` names one thing of its kind; a brace in it would end the tag early, so it is written as another character.
    pub(super) fn new(prefix: &str, kind: &str, entity: impl fmt::Display) -> Self {
        let entity = entity.to_string().replace('{', "(").replace('}', ")");
        Self(format!("{prefix}:{kind}:{{{entity}}}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
