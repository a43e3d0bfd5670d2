//! Takes a machine out of the catalogue. Its allocations go on: each carries its own copy of the description.

use kit::{Caller, ErrorCode, Failure, MachineId};

use super::{App, find};
use crate::domain::Cause;

/// How often somebody else's change may come in between before the caller is told.
const TRIES: u32 = 5;

/// `MachineNotFound` where it is gone already.
pub async fn delete(app: &App, admin: &Caller, id: MachineId) -> Result<(), Failure> {
    for _ in 0..TRIES {
        let before = find(app, id).await?;
        let cause = Cause::admin(admin, "machine.delete", &before);
        match app.store.replace(&before, &before.delete(app.ambient.now()), &cause).await {
            Err(failure) if failure.code == ErrorCode::RevisionMismatch => {}
            done => {
                return done.inspect(|()| {
                    tracing::info!(machine.id = %id, user.id = %admin.user, "deleted machine {}", before.offer.spec.name);
                });
            }
        }
    }
    Err(Failure::of(ErrorCode::Busy))
}
