//! The rules of this service: what a delivery is, when it is tried again, and what its message says.

pub mod delivery;
pub mod mail;

pub use delivery::{Channel, Delivery, DeliveryId, Kind, Outcome};
pub use mail::Mail;
