//! Says something of a machine.

use kit::{Act, Caller, CommentId, Failure, MachineId};
use tokio::sync::watch;

use super::App;
use crate::domain::{Comment, CommentText, Draft, Presence};

/// `MachineNotFound`; `RateLimited` for who comments too fast.
pub async fn comment_create(
    app: &App,
    caller: &Caller,
    machine: MachineId,
    text: CommentText,
) -> Result<Comment, Failure> {
    app.catalogue.require(machine).await?;
    let draft = Draft { id: CommentId::mint(&app.ambient), machine, text, at: app.ambient.now() };
    let act = Act::by(caller, "comment.create", "comment", draft.id).detail("machine", machine);
    // Listening begins before the first look, so that nothing falls between the two.
    let news = app.news.listen();
    let comment = app.comments.create(caller.user, &draft, app.config.comment_pace, &act).await?;
    Ok(introduce(app, news, comment).await)
}

/// The comment with its author's name; without it where the event that tells it does not come in time. It is committed by
/// now, so that a look that fails is no failure.
async fn introduce(app: &App, mut news: watch::Receiver<u64>, comment: Comment) -> Comment {
    if comment.author.presence != Presence::Unknown {
        return comment;
    }
    let waiting = async {
        while news.changed().await.is_ok() {
            let found = app.comments.find(comment.machine, comment.id).await.ok().flatten();
            if let Some(found) = found.filter(|found| found.author.presence != Presence::Unknown) {
                return Some(found);
            }
        }
        None
    };
    tokio::time::timeout(app.config.patience, waiting).await.ok().flatten().unwrap_or(comment)
}
