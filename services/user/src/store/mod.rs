//! Where accounts are kept: SQLite here; `MySQL` stands beside it at scale.

pub mod sqlite;

pub use sqlite::SqliteStore;
