//! Where a login comes from, as far as it tells one place from another: a household's network and what the client calls
//! itself.

/// How many places are remembered for a user; beyond them the one that was not seen for longest is forgotten.
pub const REMEMBERED: u32 = 100;
