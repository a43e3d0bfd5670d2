//! What the service does unasked.

mod firewall;
mod hints;
mod ping;

pub use firewall::FirewallKeep;
pub use hints::HintsFollow;
pub use ping::EnginePing;
