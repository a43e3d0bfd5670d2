//! Whether a master key is the one that this database's signing keys were sealed with, for whoever checks before a start.

use kit::{Failure, MasterKey};
use sql::{Readers, Row, Stored as _};

use crate::domain::Secrets;

/// `None` where nothing is sealed yet.
pub async fn master_fits(readers: &Readers, master: &MasterKey) -> Result<Option<bool>, Failure> {
    let newest = sql::query("SELECT * FROM signing_keys ORDER BY signs_from DESC LIMIT 1");
    let newest = newest.fetch_optional(readers).await.stored()?;
    let opens = |row: &Row| {
        let (kid, sealed): (String, Vec<u8>) = (row.get("kid"), row.get("sealed"));
        Secrets::new(master).signing().open(kid.as_bytes(), &sealed).is_ok()
    };
    Ok(newest.as_ref().map(opens))
}
