//! `/notifications/dead-letters`: what could not be delivered.

pub mod list;
pub mod resend;
