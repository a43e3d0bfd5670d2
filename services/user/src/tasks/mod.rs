//! Background work of this service: keys are rotated, closed accounts come to their end, what has had its time goes.

pub mod account_sweep;
pub mod account_work;
pub mod retention_sweep;
pub mod signing_key_rotation;

pub use account_sweep::AccountSweep;
pub use account_work::AccountWork;
pub use retention_sweep::RetentionSweep;
pub use signing_key_rotation::SigningKeyRotation;
