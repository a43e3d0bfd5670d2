//! Accounts as their owners reach them: by their own id, or by an address that they type.

use async_trait::async_trait;
use kit::{Act, Failure, Timestamp, UserId};

use crate::domain::{Changes, Credentials, Email, NewAccount, NewCode, User};

#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Whether a sign-up with this address can succeed. A glance before costly work; `create` decides.
    async fn is_free(&self, email: &Email, yields_before: Timestamp) -> Result<bool, Failure>;

    /// Account, first code and events in one transaction. Who may found makes an admin where the platform has none:
    /// at first, and again where the only one never verified and went.
    /// `email_taken`; `setup_code_required` on an empty platform for who may not found it.
    async fn create(&self, new: NewAccount, code: NewCode, act: Act) -> Result<User, Failure>;

    async fn find(&self, user: UserId) -> Result<Option<User>, Failure>;

    async fn credentials(&self, email: &Email) -> Result<Option<Credentials>, Failure>;

    async fn own_credentials(&self, user: UserId) -> Result<Option<Credentials>, Failure>;

    /// Applies a change and announces it; a change to the same is none. A new number is not proven, and codes that went
    /// to the old one are void. `known` is what a password was compared with: without it, a change that
    /// `User::guards_number` of is refused with the field `current_password`. `None` where the account is gone, or the
    /// password is not any more what was compared with.
    async fn update(
        &self,
        user: UserId,
        changes: Changes,
        known: Option<Credentials>,
        at: Timestamp,
        act: Act,
    ) -> Result<Option<User>, Failure>;

    /// Sets the password, closes all sessions, voids all codes and tells the user; API keys stay. `false` where the password is not any more what was
    /// compared with.
    async fn change_password(&self, known: Credentials, hash: String, at: Timestamp, act: Act)
    -> Result<bool, Failure>;
}
