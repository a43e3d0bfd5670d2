//! What one user said and thinks: for the export of their data.

use kit::{Failure, UserId};

use super::App;
use crate::domain::{Comment, Opinion};

/// As many comments and as many opinions are told at most.
const MOST: u32 = 10_000;
/// As many bytes of text at most: with ids and times the answer stays below the 32 MiB that its reader takes.
const MOST_TEXT: usize = 24 << 20;

/// Comments newest first, opinions by machine.
pub struct Said {
    pub comments: Vec<Comment>,
    pub opinions: Vec<Opinion>,
}

/// The newest comments where there are more than one answer holds.
pub async fn said_by(app: &App, user: UserId) -> Result<Said, Failure> {
    let comments = within(app.comments.of_user(user, MOST).await?, MOST_TEXT);
    Ok(Said { comments, opinions: app.likes.of_user(user, MOST).await? })
}

/// The first comments whose texts have room together.
fn within(comments: Vec<Comment>, mut room: usize) -> Vec<Comment> {
    let fits = |comment: &Comment| {
        let left = room.checked_sub(comment.text.len());
        room = left.unwrap_or(0);
        left.is_some()
    };
    comments.into_iter().take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use kit::{Ambient, CommentId, MachineId};

    use super::*;
    use crate::domain::{Author, Presence};

    #[test]
    fn comments_are_told_as_long_as_there_is_room_for_their_texts() {
        let ambient = Ambient::system();
        let said = |text: &str| Comment {
            id: CommentId::mint(&ambient),
            machine: MachineId::mint(&ambient),
            author: Author { user: UserId::mint(&ambient), presence: Presence::Unknown, has_run: false },
            text: text.to_owned(),
            created_at: ambient.now(),
            edited_at: None,
        };
        let told = |room| within(vec![said("four"), said("five!"), said("1")], room).len();
        assert_eq!([told(10), told(9), told(8), told(3)], [3, 2, 1, 0]);
    }
}
