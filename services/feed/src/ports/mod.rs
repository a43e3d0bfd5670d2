//! What the feed needs from the world.

mod catalogue;
mod likes;

pub use catalogue::Catalogue;
pub use likes::LikeStore;
