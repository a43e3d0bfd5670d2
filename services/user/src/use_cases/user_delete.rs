//! Deletes an account: it closes at once, its things go, then what is known of its person. The task `account_work` does
//! what cannot be done here.

use kit::{Act, Caller, ErrorCode, Failure, UserId};

use super::App;

/// The caller's own account. `last_admin`.
pub async fn me_delete(app: &App, caller: &Caller) -> Result<(), Failure> {
    leave(app, caller.user, Act::by(caller, "user.delete", "user", caller.user)).await
}

/// Another's, by an admin. `own_account`; `user_not_found`.
pub async fn user_delete(app: &App, caller: &Caller, user: UserId) -> Result<(), Failure> {
    if user == caller.user {
        return Err(Failure::of(ErrorCode::OwnAccount));
    }
    leave(app, user, Act::by(caller, "user.delete", "user", user).as_admin(None)).await
}

async fn leave(app: &App, user: UserId, act: Act) -> Result<(), Failure> {
    if !app.settlements.leave(user, app.ambient.now(), act).await? {
        return Err(Failure::of(ErrorCode::UserNotFound));
    }
    app.account_work.notify_one();
    tracing::info!(user.id = %user, "closed the account of user {user}, which is going");
    Ok(())
}
