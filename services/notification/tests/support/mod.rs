//! A mail server that speaks the protocol, and a notification service over real files to send through it.

pub mod server;
pub mod service;
