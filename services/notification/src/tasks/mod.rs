//! Background work: looks for itself, when woken and on a timer.

pub mod delivery;
pub mod sweep;

pub use delivery::DeliveryTask;
pub use sweep::SweepTask;
