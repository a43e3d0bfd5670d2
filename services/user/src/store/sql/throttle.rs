//! The throttle on codes in the database, for who has no Redis: the times of the last hour, a row each. One is counted at a
//! time, whoever it is for: what nobody has asked for yet has no row to lock.

use std::time::Duration;

use async_trait::async_trait;
use kit::{Failure, Timestamp};
use sql::{Connection, Stored as _};

use super::SqlStore;
use super::sequences::Sequence;
use crate::domain::CodeRules;
use crate::domain::code::HOUR;
use crate::ports::Throttle;

#[async_trait]
impl Throttle for SqlStore {
    async fn admit(&self, recipient: &[u8; 32], rules: CodeRules, at: Timestamp) -> Result<Timestamp, Failure> {
        let recipient = *recipient;
        let work = self.database.write_under_locks(move |c| {
            Box::pin(async move {
                let sent = sent(c, &recipient, at).await?;
                // Whoever counted last may have had a clock that is ahead of this one.
                rules.may_send(&sent, sent.last().map_or(at, |last| at.max(*last)))?;
                record(c, &recipient, &sent, at).await
            })
        });
        work.await
    }

    async fn count(&self, recipient: &[u8; 32], at: Timestamp) -> Result<Timestamp, Failure> {
        let recipient = *recipient;
        let work = self.database.write_under_locks(move |c| {
            Box::pin(async move {
                let sent = sent(c, &recipient, at).await?;
                record(c, &recipient, &sent, at).await
            })
        });
        work.await
    }

    async fn take_back(&self, recipient: &[u8; 32], counted: Timestamp) -> Result<(), Failure> {
        let recipient = *recipient;
        let work = self.database.write_under_locks(move |c| {
            Box::pin(async move {
                let delete = sql::query("DELETE FROM code_sends WHERE recipient = ? AND at = ?");
                delete.bind(recipient.as_slice()).bind(counted.as_micros()).execute(c).await.stored().map(drop)
            })
        });
        work.await
    }
}

/// When codes went to an address in the last hour, oldest first; nobody counts one before this transaction ends.
async fn sent(connection: &mut Connection, recipient: &[u8; 32], at: Timestamp) -> Result<Vec<Timestamp>, Failure> {
    Sequence::CodeSends.lock(connection).await?;
    let times: Vec<i64> = sql::query_scalar("SELECT at FROM code_sends WHERE recipient = ? AND at > ? ORDER BY at")
        .bind(recipient.as_slice())
        .bind(at.minus(HOUR).as_micros())
        .fetch_all(connection)
        .await
        .stored()?;
    Ok(times.into_iter().map(Timestamp::from_micros).collect())
}

/// Each has a time of its own, by which it can be taken back.
async fn record(
    connection: &mut Connection,
    recipient: &[u8; 32],
    sent: &[Timestamp],
    at: Timestamp,
) -> Result<Timestamp, Failure> {
    let at = sent.last().map_or(at, |last| at.max(last.plus(Duration::from_micros(1))));
    let insert = sql::query("INSERT INTO code_sends (recipient, at) VALUES (?, ?)");
    insert.bind(recipient.as_slice()).bind(at.as_micros()).execute(connection).await.stored()?;
    Ok(at)
}
