//! The read model's backends.

pub mod sqlite;
