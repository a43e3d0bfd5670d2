//! What this service needs from outside, one trait a file.

pub mod deliveries;
pub mod inbox;
pub mod mailer;

pub use deliveries::{Deliveries, Status};
pub use inbox::{Batch, Inbox};
pub use mailer::Mailer;
