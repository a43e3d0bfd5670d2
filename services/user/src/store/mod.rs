//! Where accounts are kept: in a SQLite file, or in a database on a MySQL server that several replicas share.

pub mod sql;

pub use self::sql::SqlStore;
