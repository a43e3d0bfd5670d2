//! What the use cases and sagas need of the outside, one trait a file.

pub mod catalogue;
pub mod engine;
pub mod fleet;
pub mod store;

pub use catalogue::Catalogue;
pub use engine::{Command, Engine, LogOptions};
pub use fleet::{AllocationFleet, Ending, Progress, Ticket};
pub use store::{AllocationStore, Filter, IdempotencyKey, NewAllocation, SortBy};
