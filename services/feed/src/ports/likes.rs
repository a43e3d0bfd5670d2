//! Where likes and their counts are kept.

use async_trait::async_trait;
use kit::{Failure, MachineId, Timestamp, UserId};

use crate::domain::{Opinion, Stance, Standing};

/// One stance a user and machine. Counts are exact: they are what counting the stances would give, at any moment.
#[async_trait]
pub trait LikeStore: Send + Sync {
    /// How a machine stands, with the asker's own stance where there is an asker.
    async fn standing(&self, asker: Option<UserId>, machine: MachineId) -> Result<Standing, Failure>;

    /// Puts a user's stance in the place of the one before; `None` takes it away. The same one twice changes nothing.
    /// `SessionClosed` for a user who is deleted.
    async fn set(
        &self,
        user: UserId,
        machine: MachineId,
        stance: Option<Stance>,
        at: Timestamp,
    ) -> Result<Standing, Failure>;

    /// What one user thinks, by machine, at most `limit`.
    async fn of_user(&self, user: UserId, limit: u32) -> Result<Vec<Opinion>, Failure>;
}
