//! One-time codes. Each method is one transaction, so that of many parallel right answers one wins.

use async_trait::async_trait;
use kit::{Act, Failure};

use crate::domain::{Attempt, CodeRules, Email, NewCode, User};

#[async_trait]
pub trait CodeStore: Send + Sync {
    /// Replaces the code of this purpose and asks notification to deliver it, where the address has an account that
    /// purpose and channel fit and that is open; a code to reset with goes to a proven number only. Accounts that claim one
    /// number share the texts that it may get. Counts and refuses alike for addresses that nobody has: `code_too_soon` with the wait.
    async fn send(&self, email: &Email, code: NewCode, rules: CodeRules) -> Result<(), Failure>;

    /// Marks what the code proves, and uses it up. A text verifies an account whose address stays unproven; the first mail
    /// code of such an account closes its sessions, revokes its keys and takes its number off. `None` for every
    /// code that does not fit; that try is counted. `phone_taken` where another account has proven the number.
    async fn verify(&self, attempt: Attempt, rules: CodeRules, act: Act) -> Result<Option<User>, Failure>;

    /// Sets the password, uses the code up, closes all sessions, revokes all API keys and tells the user. `false` as `verify`'s `None`.
    async fn reset(&self, attempt: Attempt, password_hash: String, rules: CodeRules, act: Act)
    -> Result<bool, Failure>;
}
