//! The rules of allocations: pure, without I/O or wire formats.

pub mod allocation;
pub mod connection;
pub mod lifecycle;
pub mod listing;
pub mod name;
pub mod plan;
pub mod quota;
pub mod reconcile;
pub mod request;
pub mod settlement;
