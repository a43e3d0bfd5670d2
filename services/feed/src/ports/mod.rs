//! What the feed needs from the world.

mod catalogue;
mod comments;
mod counts;
mod likes;
mod people;

pub use catalogue::Catalogue;
pub use comments::CommentStore;
pub use counts::CountStore;
pub use likes::LikeStore;
pub use people::{Intake, PeopleStore};
