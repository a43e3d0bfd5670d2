//! The engine over its API. bollard is known in this folder only.

mod build;
mod client;
mod containers;
mod failure;
mod hints;
mod images;
mod list;
mod logs;
pub mod look;
mod networks;
mod pause;
mod read;

pub use client::DockerEngine;
