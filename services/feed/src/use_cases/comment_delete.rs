//! Removes a comment: the author's own, or any by an admin.

use kit::{Act, Caller, CommentId, Failure, MachineId};

use super::{App, comment_not_found, comment_of};
use crate::domain::Remover;

/// `MachineNotFound`, `CommentNotFound`; `Forbidden` for another's comment, `ScopeMissing` for an admin's key without the
/// admin's scope.
pub async fn comment_delete(app: &App, caller: &Caller, machine: MachineId, id: CommentId) -> Result<(), Failure> {
    let comment = comment_of(app, machine, id).await?;
    let author = comment.author.user;
    let act = Act::by(caller, "comment.delete", "comment", id).detail("machine", machine);
    let act = match comment.remover(caller)? {
        Remover::Author => act,
        // Whose tenant it was is not known here; whose words they were is.
        Remover::Admin => act.as_admin(None).detail("author", author),
    };
    if app.comments.delete(author, machine, id, &act).await? { Ok(()) } else { Err(comment_not_found()) }
}
