//! What the relay needs: a producer's database, whichever that is, and somewhere to send to.

mod leases;
mod outbox;
mod producer;

pub use leases::{Leases, RelayId, Roll};
pub use outbox::{Key, Lag, Outbox, Unsent};
pub use producer::{DELIVERY, Producer};
