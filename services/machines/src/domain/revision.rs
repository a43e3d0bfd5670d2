//! What a machine was: the record that each change leaves.

use kit::UserId;

use super::Machine;

/// A machine as one change left it.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    pub machine: Machine,
    /// Who made the change; `None` where it was the platform, or before there were records.
    pub actor: Option<UserId>,
}
