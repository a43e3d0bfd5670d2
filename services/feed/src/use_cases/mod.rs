//! What people can do with the feed, one verb a file.

mod like;
mod standing;

use std::sync::Arc;

use kit::Ambient;

use crate::ports::{Catalogue, LikeStore};

pub use like::like;
pub use standing::standing;

/// What every use case has at hand.
#[derive(Clone)]
pub struct App {
    pub likes: Arc<dyn LikeStore>,
    pub catalogue: Arc<dyn Catalogue>,
    pub ambient: Ambient,
}
