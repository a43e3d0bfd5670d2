//! Where allocations are kept.

pub mod sqlite;
