//! The catalogue's backends.

pub mod sqlite;
