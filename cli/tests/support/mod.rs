//! A platform that answers what a test says, and the client as a person runs it.

pub mod client;
pub mod platform;
