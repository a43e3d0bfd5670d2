//! What people made of a machine, in numbers.

/// How a machine stands with its users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub likes: u64,
    pub dislikes: u64,
    pub comments: u64,
}
