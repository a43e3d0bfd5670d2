//! The read model's backends.

pub mod mongo;
pub mod sqlite;
