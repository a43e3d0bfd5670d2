//! Where accounts are kept: in a SQLite file, or in a database on a MySQL server that several replicas share.

pub mod redis;
pub mod sql;

pub use self::redis::RedisThrottle;
pub use self::sql::SqlStore;
