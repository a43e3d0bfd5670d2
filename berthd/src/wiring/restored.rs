//! What a service's database is told when it comes out of a backup, before anything runs on it.

use std::path::Path;

use berth_allocation::store::sql::{Settings, SqlStore as Allocations};
use berth_user::store::SqlStore as Users;
pub use berth_user::store::sql::Closed;
use kit::{Ambient, Failure, MasterKey, Timestamp};
use sql::Database;

use super::allocation;

/// Closes what may have been closed since the backup, and notes when that was. In a directory that nobody serves from.
pub async fn settle(
    directory: &Path,
    ambient: &Ambient,
    backup_of: Timestamp,
    keep_api_keys: bool,
) -> Result<Closed, Failure> {
    // Both are there: one that is made here would be a platform without accounts, or without a ledger.
    for name in ["user.db", "allocation.db"] {
        if !directory.join(name).is_file() {
            return Err(Failure::internal(format!("{name} is not in the backup")));
        }
    }
    let users = Database::open(&directory.join("user.db"), &[&bus::MIGRATIONS, &berth_user::MIGRATIONS]).await?;
    let closed = Users::new(users.clone(), ambient.clone()).close_everything(backup_of, keep_api_keys).await?;
    users.close().await;
    let allocations = directory.join("allocation.db");
    let allocations = Database::open(&allocations, &[&bus::MIGRATIONS, &allocation::MIGRATIONS]).await?;
    // Nothing is sealed or announced for this.
    let sealing = MasterKey::mint(ambient).derive("none");
    let settings = Settings { ambient: ambient.clone(), sealing, ports: (0, 0), public_host: String::new() };
    Allocations::new(allocations.clone(), settings).mark_restored(ambient.now()).await?;
    allocations.close().await;
    Ok(closed)
}
