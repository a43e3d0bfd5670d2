//! Where deliveries are kept.

#[cfg(test)]
mod contract_runs;
pub mod sqlite;

pub use sqlite::SqliteDeliveries;
