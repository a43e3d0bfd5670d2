//! The catalogue's backends.

pub mod mongo;
mod places;
pub mod sqlite;
