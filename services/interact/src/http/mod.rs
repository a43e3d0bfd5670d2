//! The WebSocket side: two ways to open a log, one conversation.

mod conversation;
mod ending;
pub mod legacy;
pub mod logs;
mod options;
mod socket;
#[cfg(test)]
mod tests;
mod upgrade;
mod views;
mod waiting;

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::broadcast;
use wire::drain::Drain;
use wire::limit::Limits;

use crate::InteractConfig;
use crate::ports::{Allocations, Logs, Sessions};
use crate::use_cases::Notice;

/// What every socket needs.
pub struct App {
    pub logs: Arc<dyn Logs>,
    pub allocations: Arc<dyn Allocations>,
    pub sessions: Arc<dyn Sessions>,
    pub limits: Arc<Limits>,
    pub drain: Drain,
    pub notices: broadcast::Sender<Notice>,
    pub waiting: Arc<waiting::Waiting>,
    /// Where watches and readers run: a listener's thread would stop them with itself.
    pub runtime: Handle,
    pub config: InteractConfig,
}
