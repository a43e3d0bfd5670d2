//! Background work of this service.

mod revocations;

pub use revocations::Revocations;
