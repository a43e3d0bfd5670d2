//! What the tables are made of: do and undo of each thing that an allocation holds.

pub mod container;
pub mod image;
pub mod network;
pub mod port_lease;
pub mod readiness;
pub mod sandbox;
pub mod volume;

use futures::future::BoxFuture;
use kit::Failure;

use super::Scene;

/// For steps that leave nothing behind, or whose effect another step's undo takes back.
pub fn nothing<'s>(_: &'s mut Scene<'_>) -> BoxFuture<'s, Result<(), Failure>> {
    Box::pin(async { Ok(()) })
}
