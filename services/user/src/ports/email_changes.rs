//! From one e-mail address to another: the new one is proven with a code before it takes effect.

use async_trait::async_trait;
use kit::{Act, Failure, Timestamp};

use crate::domain::{Attempt, CodeRules, Credentials, Email, NewCode, User};

#[async_trait]
pub trait EmailChanges: Send + Sync {
    /// Sends a code to the new address, in place of one that the account asked for before. An address that is taken gets
    /// none, and is counted all the same. `false` where the password is not any more what was compared with;
    /// `code_too_soon` as for every code. `yields_before` as at a sign-up.
    async fn ask(
        &self,
        known: Credentials,
        new: Email,
        code: NewCode,
        yields_before: Timestamp,
    ) -> Result<bool, Failure>;

    /// Gives the account the address that the code proves, and tells both. `None` for every code that does not fit; that
    /// try is counted. `email_taken` where somebody else has the address by now; the code stays then.
    async fn prove(
        &self,
        attempt: Attempt,
        rules: CodeRules,
        yields_before: Timestamp,
        act: Act,
    ) -> Result<Option<User>, Failure>;
}
