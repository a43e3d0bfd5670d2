//! What this service needs from the engine, the host and its database, in our own words.

pub mod disks;
pub mod engine;
pub mod host;
pub mod log_source;
pub mod record;

pub use disks::Disks;
pub use engine::Engine;
pub use host::HostNetwork;
pub use log_source::LogSource;
pub use record::Record;
