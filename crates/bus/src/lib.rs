//! Events from the producers' outboxes to their consumers. A producer appends an event in the transaction of its change;
//! a consumer keeps its position beside its effect. What lies between (the outbox table itself here, Kafka at scale)
//! may repeat and lag, never lose.

pub mod audit;
pub mod consume;
pub mod event;
pub mod kafka;
mod mood;
pub mod news;
pub mod outbox;
pub mod ports;
pub mod relay;
pub mod republish;
pub mod shard;
mod sql_outbox;
pub mod turns;

pub use consume::{Consumer, DeadLetter, Record, Source, apply, run};
pub use event::{Event, Topic, Trace};
pub use news::News;
pub use outbox::OutboxSource;
pub use ports::{DELIVERY, Key, Lag, Leases, Outbox, Producer, RelayId, Roll, Unsent};
pub use relay::{Relay, Tenure};
pub use shard::{Shard, shard_of};
pub use sql_outbox::SqlOutbox;
pub use turns::{SqlTurns, Turns};

/// The tables that a service's file needs to produce and consume.
pub static MIGRATIONS: sql::Migrations = sql::Migrations {
    sqlite: sqlx::migrate!("../../migrations/bus/sqlite"),
    mysql: Some(sqlx::migrate!("../../migrations/bus/mysql")),
};
