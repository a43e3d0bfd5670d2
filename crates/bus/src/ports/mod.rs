//! What the relay needs of a producer's database, whichever that is.

mod leases;
mod outbox;

pub use leases::{Leases, RelayId, Roll};
pub use outbox::{Key, Lag, Outbox, Unsent};
