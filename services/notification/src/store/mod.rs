//! Where deliveries and all that decides about them are kept.

pub mod sqlite;
#[cfg(test)]
mod tests;

pub use sqlite::SqliteStore;
