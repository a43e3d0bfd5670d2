//! Takes a machine out of the catalogue. Its allocations go on: each carries its own copy of the description.

use kit::{ErrorCode, Failure, MachineId, UserId};

use super::{App, find};
use crate::domain::Cause;

/// How often somebody else's change may come in between before the caller is told.
const TRIES: u32 = 5;

/// `MachineNotFound` where it is gone already.
pub async fn delete(app: &App, admin: UserId, id: MachineId) -> Result<(), Failure> {
    for _ in 0..TRIES {
        let before = find(app, id).await?;
        match app.store.replace(&before, &before.delete(app.ambient.now()), Cause::Admin(admin)).await {
            Err(failure) if failure.code == ErrorCode::RevisionMismatch => {}
            done => {
                return done.inspect(|()| {
                    tracing::info!(machine.id = %id, user.id = %admin, "deleted machine {}", before.offer.spec.name);
                });
            }
        }
    }
    Err(Failure::of(ErrorCode::Busy))
}
