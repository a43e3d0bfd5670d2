//! What this service does, one verb a file, written against its ports.

pub mod accept;
pub mod deliver;
