//! Backends of the record.

pub mod sqlite;
