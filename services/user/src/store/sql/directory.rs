//! What reaches across users, in the database: admins, closures for the verifier, and the sweep.

use async_trait::async_trait;
use bus::outbox;
use kit::{Act, ErrorCode, Failure, Page, PageRequest, Timestamp, UserId};
use sql::{Connection, Row, Stored as _};

use super::failures::Count;
use super::sequences::Sequence;
use super::{SqlStore, changes, closings, codes, failures, listing, rows};
use crate::domain::code::HOUR;
use crate::domain::{Closure, Listing, Reason, User};
use crate::events::{Actor, Announcer};
use crate::ports::{AccountStore as _, Directory, Expiry, Swept};

/// How many of each kind one sweep removes: other writers wait for it.
const BATCH: u32 = 100;

#[async_trait]
impl Directory for SqlStore {
    async fn find_any(&self, user: UserId) -> Result<Option<User>, Failure> {
        self.find(user).await
    }

    async fn list(&self, listing: &Listing, page: &PageRequest) -> Result<Page<User>, Failure> {
        listing::list(self.database.readers(), listing, page).await
    }

    async fn set_admin(&self, user: UserId, admin: bool, at: Timestamp, act: Act) -> Result<Option<User>, Failure> {
        let announcer = self.announcer();
        let work = self.database.write(move |c| {
            Box::pin(async move {
                Sequence::Admins.lock(c).await?;
                let Some(mut user) = rows::present(c, user).await? else { return Ok(None) };
                if user.admin != admin {
                    keep_an_admin(c, &user).await?;
                    user.admin = admin;
                    changes::revise(c, &announcer, &mut user, at, "user.updated", act, &["admin"]).await?;
                    if !admin {
                        // Its tokens say that it may; whoever trusts them hears of a closing sooner than of the event.
                        closings::close_account(c, announcer.ambient(), user.id, Reason::Revoked).await?;
                    }
                }
                Ok(Some(user))
            })
        });
        work.await
    }

    async fn closed_since(&self, cursor: u64, since: Timestamp, limit: u32) -> Result<Vec<Closure>, Failure> {
        // A reader without a cursor wants only what can still matter; the last position of what came before is no help.
        let since = if cursor == 0 { since.as_micros() } else { i64::MIN };
        let found = sql::query("SELECT * FROM closures WHERE position > ? AND at > ? ORDER BY position LIMIT ?")
            .bind(cursor as i64)
            .bind(since)
            .bind(limit)
            .fetch_all(self.database.readers())
            .await
            .stored()?;
        found.iter().map(closure).collect()
    }

    async fn sweep(&self, expiry: Expiry) -> Result<Swept, Failure> {
        let (announcer, counts) = (self.announcer(), failures::old(self.database.readers(), expiry.now).await?);
        self.database.write(move |c| Box::pin(async move { sweep(c, &announcer, expiry, &counts).await })).await
    }
}

fn closure(row: &Row) -> Result<Closure, Failure> {
    Ok(Closure {
        cursor: row.get::<i64>("position") as u64,
        session: row.get::<Option<&[u8]>>("session_id").map(rows::session_id).transpose()?,
        user: UserId::from_bytes(row.get("user_id")).ok_or_else(|| rows::broken("user id"))?,
        at: Timestamp::from_micros(row.get("at")),
        reason: row.get("reason"),
    })
}

/// `last_admin` where this user is an admin and nobody else could act as one. Whoever asks has locked `Sequence::Admins`.
pub async fn keep_an_admin(connection: &mut Connection, user: &User) -> Result<(), Failure> {
    if !user.admin {
        return Ok(());
    }
    let another: bool = sql::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM users
             WHERE admin = 1 AND verified = 1 AND suspended = 0 AND deleting = 0 AND id <> ?)",
    )
    .bind(user.id.as_bytes())
    .fetch_one(connection)
    .await
    .stored()?;
    let told = "Make somebody else an admin first.";
    if another { Ok(()) } else { Err(Failure::new(ErrorCode::LastAdmin, told)) }
}

/// Removes an account with all that is its own, and says so.
pub async fn delete(
    connection: &mut Connection,
    announcer: &Announcer,
    user: &User,
    actor: Actor,
) -> Result<(), Failure> {
    closings::close_account(connection, announcer.ambient(), user.id, Reason::Deleted).await?;
    codes::forget_all(connection, user).await?;
    for statement in [
        "DELETE FROM api_keys WHERE user_id = ?",
        "DELETE FROM login_places WHERE user_id = ?",
        "DELETE FROM password_failures WHERE user_id = ?",
        "DELETE FROM account_work WHERE user_id = ?",
        "DELETE FROM users WHERE id = ?",
    ] {
        sql::query(statement).bind(user.id.as_bytes()).execute(&mut *connection).await.stored()?;
    }
    outbox::append(connection, &announcer.deleted(user, actor)).await
}

async fn sweep(
    connection: &mut Connection,
    announcer: &Announcer,
    expiry: Expiry,
    counts: &[Count],
) -> Result<Swept, Failure> {
    let old = sql::query(
        "SELECT * FROM users WHERE verified = 0 AND deleting = 0 AND suspended = 0 AND created_at <= ?
         ORDER BY created_at LIMIT ? FOR UPDATE SKIP LOCKED",
    )
    .bind(expiry.unverified_before.as_micros())
    .bind(BATCH)
    .fetch_all(&mut *connection)
    .await
    .stored()?;
    for row in &old {
        delete(connection, announcer, &rows::user(row)?, Actor::Platform).await?;
    }
    let told = failures::sweep(connection, announcer, counts, expiry.now).await?;
    let codes = codes::sweep(connection, expiry.now, BATCH).await?;
    Ok(Swept { accounts: old.len() as u64, rows: told + codes + sweep_rows(connection, expiry).await? })
}

/// What ended, by its key. Each statement takes the time before which its rows are of no use.
async fn sweep_rows(connection: &mut Connection, expiry: Expiry) -> Result<u64, Failure> {
    let by_name = [
        (
            "SELECT hash FROM refresh_tokens WHERE expires_at <= ? ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED",
            "DELETE FROM refresh_tokens WHERE hash IN",
        ),
        (
            "SELECT id FROM sessions WHERE expires_at <= ? ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED",
            "DELETE FROM sessions WHERE id IN",
        ),
    ];
    let by_position = [
        (
            "SELECT position FROM code_sends WHERE at <= ? ORDER BY at LIMIT ? FOR UPDATE SKIP LOCKED",
            "DELETE FROM code_sends WHERE position IN",
            expiry.now.minus(HOUR),
        ),
        (
            "SELECT position FROM closures WHERE at <= ? ORDER BY at LIMIT ? FOR UPDATE SKIP LOCKED",
            "DELETE FROM closures WHERE position IN",
            expiry.closures_before,
        ),
    ];
    let mut removed = 0;
    for (find, delete) in by_name {
        let find = sql::query_scalar::<Vec<u8>>(find).bind(expiry.now.as_micros()).bind(BATCH);
        removed += rows::remove(connection, find, delete).await?;
    }
    for (find, delete, before) in by_position {
        let find = sql::query_scalar::<i64>(find).bind(before.as_micros()).bind(BATCH);
        removed += rows::remove(connection, find, delete).await?;
    }
    Ok(removed)
}
