//! What this service does for a viewer.

mod backlog;
mod follow;
mod open;
mod rest;
mod watch;

pub use backlog::{Bounds, Item};
pub use follow::Feed;
pub use open::open;
pub use rest::Rest;
pub use watch::{Notice, Pace, Watch};
