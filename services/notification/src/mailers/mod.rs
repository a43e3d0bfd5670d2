//! What carries mail away: a mail server, or files for who has none.

pub mod file;
mod message;
pub mod smtp;

pub use file::FileMailer;
pub use message::Sender;
pub use smtp::SmtpMailer;
