//! What this service needs from outside, one trait a file.

pub mod contacts;
pub mod dead_letters;
pub mod deliveries;
pub mod history;
pub mod inbox;
pub mod logs;
pub mod mailer;
pub mod preferences;
pub mod resolver;
pub mod sms;
pub mod webhook_sender;
pub mod webhooks;

pub use contacts::Contacts;
pub use dead_letters::{DeadFilter, DeadLetters};
pub use deliveries::{Deliveries, Ended, Lane};
pub use history::History;
pub use inbox::{Batch, Effect, Inbox};
pub use logs::Logs;
pub use mailer::Mailer;
pub use preferences::Preferences;
pub use resolver::Resolver;
pub use sms::SmsGateway;
pub use webhook_sender::{Call, WebhookSender};
pub use webhooks::{Edit, Webhooks};
