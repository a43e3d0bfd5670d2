//! Finds a user by id: their own profile, any for an admin, any for another service.

use kit::{Caller, ErrorCode, Failure, UserId};

use super::App;
use crate::domain::User;

/// The caller's own account.
pub async fn me(app: &App, caller: &Caller) -> Result<User, Failure> {
    app.accounts.find(caller.user).await?.ok_or_else(not_found)
}

/// Any account; who calls this is an admin or another service.
pub async fn user_find(app: &App, user: UserId) -> Result<User, Failure> {
    app.directory.find_any(user).await?.ok_or_else(not_found)
}

fn not_found() -> Failure {
    Failure::of(ErrorCode::UserNotFound)
}
