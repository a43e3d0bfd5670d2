//! Numbers that are given out one by one. The row that holds the last one is locked until whoever took it commits, so the
//! numbers become visible in their order: no reader that looks for what is above its last misses one that came late, as
//! it would with the server's own counters. Where only the order counts, of who asks and then decides, the lock is the point.

use kit::Failure;
use sql::{Connection, Stored as _};

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub enum Sequence {
    /// Places in the order of closings, which the verifier reads by.
    Closures,
    /// Looks at who is an admin, each by somebody who might change it.
    Admins,
    /// Looks at which signing keys there are, the same.
    SigningKeys,
    /// Counts of codes to an address, which may have no row yet that could be locked.
    CodeSends,
}

impl Sequence {
    const fn name(self) -> &'static str {
        match self {
            Self::Closures => "closures",
            Self::Admins => "admins",
            Self::SigningKeys => "signing_keys",
            Self::CodeSends => "code_sends",
        }
    }

    /// Takes so many numbers, and lets nobody else have one before this transaction ends; the first of them.
    pub async fn take(self, connection: &mut Connection, count: usize) -> Result<i64, Failure> {
        let count = count as i64;
        let update = sql::query("UPDATE sequences SET value = value + ? WHERE name = ?").bind(count).bind(self.name());
        update.execute(&mut *connection).await.stored()?;
        let last: i64 = sql::query_scalar("SELECT value FROM sequences WHERE name = ?")
            .bind(self.name())
            .fetch_one(connection)
            .await
            .stored()?;
        Ok(last - count + 1)
    }

    /// Lets nobody else look before this transaction ends.
    pub async fn lock(self, connection: &mut Connection) -> Result<(), Failure> {
        self.take(connection, 1).await.map(drop)
    }
}
