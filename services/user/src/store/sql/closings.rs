//! Closings of sessions, API keys and whole accounts: what is open goes, and each closing is recorded in its place in the
//! order of all, for those who trust access tokens until they hear otherwise.

use kit::{Ambient, Failure, SessionId, Timestamp, UserId};
use sql::{Connection, QueryBuilder, Stored as _};

use super::rows;
use super::sequences::Sequence;
use crate::domain::Reason;

/// Closes one session: it and its tokens go, and the closing is recorded. `false` where it is not open.
pub async fn close_session(
    connection: &mut Connection,
    ambient: &Ambient,
    user: UserId,
    session: SessionId,
    reason: Reason,
    at: Timestamp,
) -> Result<bool, Failure> {
    let delete = sql::query("DELETE FROM sessions WHERE id = ? AND user_id = ?").bind(session.as_bytes());
    if delete.bind(user.as_bytes()).execute(&mut *connection).await.stored()?.rows_affected() == 0 {
        return Ok(false);
    }
    let delete = sql::query("DELETE FROM refresh_tokens WHERE session_id = ?").bind(session.as_bytes());
    delete.execute(&mut *connection).await.stored()?;
    record(connection, ambient, user, &[Some(session)], reason, at).await?;
    Ok(true)
}

/// Closes all sessions of a user, each with a closing of its own: a login right after is another session and stays open.
pub async fn close_sessions(
    connection: &mut Connection,
    ambient: &Ambient,
    user: UserId,
    reason: Reason,
    at: Timestamp,
) -> Result<(), Failure> {
    let sessions = forget_sessions(connection, user).await?;
    record(connection, ambient, user, &named(sessions)?, reason, at).await
}

/// Revokes all API keys of a user, each with a closing of its own.
pub async fn close_keys(
    connection: &mut Connection,
    ambient: &Ambient,
    user: UserId,
    reason: Reason,
    at: Timestamp,
) -> Result<(), Failure> {
    let find = sql::query_scalar::<Vec<u8>>("SELECT id FROM api_keys WHERE user_id = ? ORDER BY id FOR UPDATE");
    let keys = find.bind(user.as_bytes()).fetch_all(&mut *connection).await.stored()?;
    rows::remove_these(connection, keys.clone(), "DELETE FROM api_keys WHERE id IN").await?;
    record(connection, ambient, user, &named(keys)?, reason, at).await
}

/// Closes all that a user has open, with one closing: API keys and access tokens that are about count as well. It is no
/// older than the last token: another replica's clock may be ahead of ours.
pub async fn close_account(
    connection: &mut Connection,
    ambient: &Ambient,
    user: UserId,
    reason: Reason,
) -> Result<(), Failure> {
    let last = sql::query_scalar::<Option<i64>>("SELECT MAX(last_used_at) FROM sessions WHERE user_id = ?");
    let last = last.bind(user.as_bytes()).fetch_one(&mut *connection).await.stored()?;
    forget_sessions(connection, user).await?;
    let last = last.map_or(Timestamp::EPOCH, Timestamp::from_micros);
    record(connection, ambient, user, &[None], reason, last).await
}

/// Records closings, each of a session or key; `None` where the whole account goes. Their time is `at`, or that at which
/// nobody else closes anything any more where that is later: what was answered while this transaction waited is older.
pub async fn record(
    connection: &mut Connection,
    ambient: &Ambient,
    user: UserId,
    closed: &[Option<SessionId>],
    reason: Reason,
    at: Timestamp,
) -> Result<(), Failure> {
    if closed.is_empty() {
        return Ok(());
    }
    let first = Sequence::Closures.take(connection, closed.len()).await?;
    let at = at.max(ambient.now());
    let mut insert = QueryBuilder::new("INSERT INTO closures (position, session_id, user_id, at, reason) VALUES ");
    for (position, session) in (first..).zip(closed) {
        insert.push(if position == first { "(" } else { ", (" }).push_bind(position);
        insert.push(", ").push_bind(session.map(|session| session.as_bytes().to_vec()));
        insert.push(", ").push_bind(user.as_bytes()).push(", ").push_bind(at.as_micros());
        insert.push(", ").push_bind(reason.as_str()).push(")");
    }
    insert.build().execute(connection).await.stored().map(drop)
}

/// Removes all sessions of a user with their tokens; which there were.
async fn forget_sessions(connection: &mut Connection, user: UserId) -> Result<Vec<Vec<u8>>, Failure> {
    let find = sql::query_scalar::<Vec<u8>>("SELECT id FROM sessions WHERE user_id = ? ORDER BY id FOR UPDATE");
    let sessions = find.bind(user.as_bytes()).fetch_all(&mut *connection).await.stored()?;
    for delete in ["DELETE FROM refresh_tokens WHERE session_id IN", "DELETE FROM sessions WHERE id IN"] {
        rows::remove_these(connection, sessions.clone(), delete).await?;
    }
    Ok(sessions)
}

fn named(ids: Vec<Vec<u8>>) -> Result<Vec<Option<SessionId>>, Failure> {
    ids.iter().map(|id| rows::session_id(id).map(Some)).collect()
}

#[cfg(test)]
mod tests {
    use sql::Database;
    use testkit::databases::fresh_mysql;
    use testkit::until;
    use tokio::sync::watch;

    use super::*;
    use crate::ports::Directory as _;
    use crate::store::SqlStore;
    use crate::store::sql::TABLES;

    /// When a closing gets its place.
    #[derive(Clone, Copy, PartialEq)]
    enum Place {
        WithItsTransaction,
        /// As the server's own counters give them, whoever commits first.
        Before,
    }

    /// Closes something in a transaction that says when it has its place, and commits when it may.
    async fn close(
        database: &Database,
        place: Place,
        user: UserId,
        placed: watch::Sender<bool>,
        held: watch::Receiver<bool>,
    ) -> Result<(), Failure> {
        let before = match place {
            Place::WithItsTransaction => None,
            Place::Before => {
                Some(database.write(|c| Box::pin(async move { Sequence::Closures.take(c, 1).await })).await?)
            }
        };
        let work = database.write(move |c| {
            let mut held = held.clone();
            Box::pin(async move {
                match before {
                    None => record(c, &Ambient::system(), user, &[None], Reason::Deleted, Timestamp::EPOCH).await?,
                    Some(position) => {
                        let insert = "INSERT INTO closures (position, user_id, at, reason) VALUES (?, ?, 1, 'deleted')";
                        let insert = sql::query(insert).bind(position).bind(user.as_bytes());
                        insert.execute(c).await.stored().map(drop)?;
                    }
                }
                placed.send_replace(true);
                held.wait_for(|may| *may).await.map(drop).map_err(Failure::internal)
            })
        });
        work.await
    }

    /// How many of two closings a reader hears of that reads while the first has its place and is not committed, and again.
    async fn heard(place: Place) -> usize {
        let (database, own) = fresh_mysql(TABLES).await;
        let other = Database::connect(&own.url()).unwrap();
        let store = SqlStore::new(database.clone(), Ambient::system());
        let user = UserId::mint(&Ambient::system());
        let (placed, mut is_placed) = watch::channel(false);
        let (release, held) = watch::channel(false);
        let late = tokio::spawn({
            let database = database.clone();
            async move { close(&database, place, user, placed, held).await }
        });
        is_placed.wait_for(|placed| *placed).await.unwrap();
        let early =
            tokio::spawn(
                async move { close(&other, place, user, watch::Sender::default(), watch::channel(true).1).await },
            );
        let waits = "SELECT EXISTS (SELECT 1 FROM information_schema.processlist
             WHERE db = DATABASE() AND info LIKE 'UPDATE sequences%')";
        let settled = || async {
            let waits: bool = sql::query_scalar(waits).fetch_one(database.readers()).await.unwrap();
            early.is_finished() || place == Place::WithItsTransaction && waits
        };
        until(settled, |settled| *settled).await;
        let first = store.closed_since(0, Timestamp::EPOCH, 10).await.unwrap();
        release.send_replace(true);
        late.await.unwrap().unwrap();
        early.await.unwrap().unwrap();
        let cursor = first.last().map_or(0, |closure| closure.cursor);
        first.len() + store.closed_since(cursor, Timestamp::EPOCH, 10).await.unwrap().len()
    }

    #[tokio::test]
    async fn a_closing_that_commits_late_is_heard_by_a_reader_who_is_ahead() {
        assert_eq!(heard(Place::WithItsTransaction).await, 2);
        assert_eq!(heard(Place::Before).await, 1, "places that others can overtake would be missed");
    }
}
