//! Commands on what people say about machines.

mod comments;
mod opinion;

pub use comments::comments;
pub use opinion::{dislike, like, likes, unlike};
