//! What the verifier needs from the world.

mod closure_feed;
mod owners;
mod read_model;

pub use closure_feed::ClosureFeed;
pub use owners::Owners;
pub use read_model::{Contents, Intake, ReadModel};
