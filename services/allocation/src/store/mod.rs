//! Where allocations are kept.

pub mod sql;
