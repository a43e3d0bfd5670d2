//! The bus at scale on a real broker, and outboxes on real databases. Here and not beside the code, because `testkit` is
//! built on this crate.

mod broker;
mod broker_away;
mod envelope;
mod filled;
mod gaps;
mod generation;
mod ledger;
mod lost_lease;
mod rebalance;
mod refused;
mod relays;
mod retries;
mod sql;
mod starving;
mod tombstones;
mod topics;
