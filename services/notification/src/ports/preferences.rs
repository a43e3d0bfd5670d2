//! What users decided about their messages.

use async_trait::async_trait;
use kit::{Act, Failure, UserId};

use crate::domain::Choice;

#[async_trait]
pub trait Preferences: Send + Sync {
    /// What a user decided; what is not in it follows the profile.
    async fn of(&self, user: UserId) -> Result<Vec<Choice>, Failure>;
    /// Puts choices in the place of those of the same kind and channel, with the act. `SessionClosed` where the user is
    /// leaving or gone.
    async fn choose(&self, user: UserId, choices: Vec<Choice>, act: Act) -> Result<(), Failure>;
}
