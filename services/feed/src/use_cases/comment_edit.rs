//! Changes the text of an own comment; it keeps its place in the list.

use kit::{Act, Caller, CommentId, Failure, MachineId};

use super::{App, comment_not_found, comment_of};
use crate::domain::{Comment, CommentText, Draft};

/// `MachineNotFound`, `CommentNotFound`; `Forbidden` for another's comment, `SessionClosed` for an author who is deleted.
pub async fn comment_edit(
    app: &App,
    caller: &Caller,
    machine: MachineId,
    id: CommentId,
    text: CommentText,
) -> Result<Comment, Failure> {
    comment_of(app, machine, id).await?.may_edit(caller)?;
    let act = Act::by(caller, "comment.edit", "comment", id).detail("machine", machine);
    let draft = Draft { id, machine, text, at: app.ambient.now() };
    app.comments.edit(caller.user, &draft, &act).await?.ok_or_else(comment_not_found)
}
