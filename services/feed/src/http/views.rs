//! A machine's standing and what was said of it as clients see them, and what they send to change that.

use kit::{CommentId, Cursor, MachineId, Page, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::{Author, Comment, Stance, Standing};

/// What all think of a machine, and what the caller does.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Like)]
pub struct LikeView {
    pub likes: u64,
    pub dislikes: u64,
    /// The caller's own; null for neither, and for callers without a token.
    #[schema(required = true)]
    pub mine: Option<LikeStatus>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LikeStatus {
    Like,
    Dislike,
}

/// What the caller thinks from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LikeBody {
    pub status: LikeStatus,
}

/// What somebody said about a machine.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Comment)]
pub struct CommentView {
    #[schema(value_type = String, format = Uuid)]
    pub id: CommentId,
    #[schema(value_type = String, format = Uuid)]
    pub machine_id: MachineId,
    pub author: AuthorView,
    /// As it was sent: escape it where you show it.
    pub text: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Null until its text was changed.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    pub edited_at: Option<Timestamp>,
}

/// Who said it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CommentAuthor)]
pub struct AuthorView {
    /// Null for a deleted user.
    #[schema(required = true, value_type = Option<String>, format = Uuid)]
    pub id: Option<UserId>,
    /// First name and initial, `Ada L.`; `deleted user` for one who is gone.
    pub name: String,
    /// Whether an allocation of theirs of this machine ever ran.
    pub has_run: bool,
}

/// A piece of what was said, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommentList {
    pub items: Vec<CommentView>,
    /// What `cursor` takes for the next piece; null at the end.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// What the caller says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommentBody {
    /// 1 to 2000 characters after the space around it is gone; no control characters but line feeds and tabs.
    #[schema(min_length = 1, max_length = 2000)]
    pub text: String,
}

impl From<Comment> for CommentView {
    fn from(comment: Comment) -> Self {
        Self {
            id: comment.id,
            machine_id: comment.machine,
            author: comment.author.into(),
            text: comment.text,
            created_at: comment.created_at,
            edited_at: comment.edited_at,
        }
    }
}

impl From<Author> for AuthorView {
    fn from(author: Author) -> Self {
        let shown = !author.is_deleted();
        Self { id: shown.then_some(author.user), name: author.name().to_owned(), has_run: shown && author.has_run }
    }
}

impl From<Page<Comment>> for CommentList {
    fn from(page: Page<Comment>) -> Self {
        let next_cursor = page.next.as_ref().map(Cursor::encode);
        Self { items: page.items.into_iter().map(CommentView::from).collect(), next_cursor }
    }
}

impl From<Standing> for LikeView {
    fn from(standing: Standing) -> Self {
        let mine = standing.mine.map(|stance| match stance {
            Stance::Like => LikeStatus::Like,
            Stance::Dislike => LikeStatus::Dislike,
        });
        Self { likes: standing.likes, dislikes: standing.dislikes, mine }
    }
}

impl From<LikeStatus> for Stance {
    fn from(status: LikeStatus) -> Self {
        match status {
            LikeStatus::Like => Self::Like,
            LikeStatus::Dislike => Self::Dislike,
        }
    }
}
