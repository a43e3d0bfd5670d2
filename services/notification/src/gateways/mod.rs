//! What carries messages away over HTTP: text messages to the operator's gateway, events to users' receivers.

mod client;
mod guard;
mod resolver;
mod signature;
mod sms;
mod webhooks;

pub use guard::Reach;
pub use resolver::SystemResolver;
pub use sms::HttpSms;
pub use webhooks::HttpWebhooks;
