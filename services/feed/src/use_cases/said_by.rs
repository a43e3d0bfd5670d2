//! All that one user said and thinks: for the export of their data.

use kit::{Failure, UserId};

use super::App;
use crate::domain::{Comment, Opinion};

/// Comments newest first, opinions by machine.
pub struct Said {
    pub comments: Vec<Comment>,
    pub opinions: Vec<Opinion>,
}

pub async fn said_by(app: &App, user: UserId) -> Result<Said, Failure> {
    Ok(Said { comments: app.comments.of_user(user).await?, opinions: app.likes.of_user(user).await? })
}
