//! What the use cases and sagas need of the outside, one trait a file.

pub mod catalogue;
pub mod engine;
pub mod fleet;
pub mod oversight;
pub mod store;
pub mod tenants;

pub use catalogue::Catalogue;
pub use engine::{Command, Engine, LogOptions};
pub use fleet::{AllocationFleet, Census, Ending, Progress, Ticket};
pub use oversight::AllocationOversight;
pub use store::{AllocationStore, IdempotencyKey, NewAllocation};
pub use tenants::Tenants;
