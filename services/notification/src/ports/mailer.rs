//! What carries mail away.

use async_trait::async_trait;
use kit::Failure;

use crate::domain::Mail;

#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a mail over. `MailRefused` and `InvalidInput` are final; `MailServerUnavailable` may pass, and leaves open
    /// whether the mail went out.
    async fn send(&self, mail: &Mail) -> Result<(), Failure>;
}
