//! What people can do with the feed and what other services ask of it, one verb a file.

mod comment_create;
mod comment_delete;
mod comment_edit;
mod comment_list;
mod counts;
mod like;
mod said_by;
mod standing;

use std::sync::Arc;

use bus::News;
use kit::{Ambient, CommentId, ErrorCode, Failure, MachineId};

use crate::config::FeedConfig;
use crate::domain::Comment;
use crate::ports::{Catalogue, CommentStore, CountStore, LikeStore};

pub use comment_create::comment_create;
pub use comment_delete::comment_delete;
pub use comment_edit::comment_edit;
pub use comment_list::comment_list;
pub use counts::counts;
pub use like::like;
pub use said_by::{Said, said_by};
pub use standing::standing;

/// What every use case has at hand.
#[derive(Clone)]
pub struct App {
    pub likes: Arc<dyn LikeStore>,
    pub comments: Arc<dyn CommentStore>,
    pub counts: Arc<dyn CountStore>,
    pub catalogue: Arc<dyn Catalogue>,
    pub news: News,
    pub ambient: Ambient,
    pub config: FeedConfig,
}

/// A comment of a machine that is there. `MachineNotFound`; `CommentNotFound` also for one about another machine.
async fn comment_of(app: &App, machine: MachineId, id: CommentId) -> Result<Comment, Failure> {
    app.catalogue.require(machine).await?;
    app.comments.find(machine, id).await?.ok_or_else(comment_not_found)
}

fn comment_not_found() -> Failure {
    Failure::of(ErrorCode::CommentNotFound)
}
