//! The feed's backends.

pub mod cassandra;
pub mod sqlite;
