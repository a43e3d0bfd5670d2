//! The feed's backends.

pub mod sqlite;
