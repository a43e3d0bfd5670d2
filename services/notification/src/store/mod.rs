//! Where deliveries and all that decides about them are kept.

pub mod sql;
#[cfg(test)]
mod tests;

pub use self::sql::SqlStore;
