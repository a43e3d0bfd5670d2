//! Servers that speak their protocols, and a notification service over real files to send through them.

pub mod events;
pub mod forgetful;
pub mod http;
pub mod mail;
pub mod service;
