//! Sessions in the database. Reuse of a refresh token is noticed and punished in the transaction that sees it.

use async_trait::async_trait;
use bus::outbox;
use kit::{Act, ErrorCode, Failure, SessionId, Timestamp, UserId};
use sql::{Connection, Row, Stored as _};

use super::{SqlStore, accounts, changes, closings, failures, places, rows};
use crate::domain::{Credentials, MOST_SESSIONS, NewSession, NewToken, Reason, Rotation, Session, User};
use crate::events::Announcer;
use crate::ports::SessionStore;

#[async_trait]
impl SessionStore for SqlStore {
    async fn open(&self, login: Credentials, new: NewSession, act: Act) -> Result<Option<User>, Failure> {
        let announcer = self.announcer();
        self.database.write(move |c| Box::pin(async move { open(c, &announcer, &login, &new, &act).await })).await
    }

    async fn refused(&self, user: UserId, act: Act) -> Result<(), Failure> {
        let announcer = self.announcer();
        self.database.write(move |c| Box::pin(async move { failures::record(c, &announcer, user, act).await })).await
    }

    async fn rotate(&self, presented: [u8; 32], next: NewToken, at: Timestamp, act: Act) -> Result<Rotation, Failure> {
        let announcer = self.announcer();
        self.database
            .write(move |c| Box::pin(async move { rotate(c, &announcer, presented, next, at, act).await }))
            .await
    }

    async fn close(
        &self,
        user: UserId,
        session: SessionId,
        reason: Reason,
        at: Timestamp,
        act: Act,
    ) -> Result<bool, Failure> {
        let announcer = self.announcer();
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let open = closings::close_session(c, announcer.ambient(), user, session, reason, at).await?;
                if open {
                    changes::record(c, &announcer, &act).await?;
                }
                Ok(open)
            })
        });
        work.await
    }

    async fn list(&self, user: UserId, at: Timestamp) -> Result<Vec<Session>, Failure> {
        let found = sql::query("SELECT * FROM sessions WHERE user_id = ? AND expires_at > ? ORDER BY id DESC LIMIT ?")
            .bind(user.as_bytes())
            .bind(at.as_micros())
            .bind(MOST_SESSIONS)
            .fetch_all(self.database.readers())
            .await
            .stored()?;
        found.iter().map(session).collect()
    }

    async fn bearer(&self, user: UserId, session: SessionId, at: Timestamp) -> Result<Option<User>, Failure> {
        let row = sql::query(
            "SELECT users.* FROM users JOIN sessions ON sessions.user_id = users.id
             WHERE sessions.id = ? AND users.id = ? AND sessions.expires_at > ?",
        )
        .bind(session.as_bytes())
        .bind(user.as_bytes())
        .bind(at.as_micros())
        .fetch_optional(self.database.readers())
        .await
        .stored()?;
        row.as_ref().map(rows::user).transpose()
    }
}

fn session(row: &Row) -> Result<Session, Failure> {
    Ok(Session {
        id: rows::session_id(row.get("id"))?,
        created_at: Timestamp::from_micros(row.get("created_at")),
        last_used_at: Timestamp::from_micros(row.get("last_used_at")),
        address: row.get("address"),
        agent: row.get("agent"),
    })
}

async fn open(
    connection: &mut Connection,
    announcer: &Announcer,
    login: &Credentials,
    new: &NewSession,
    act: &Act,
) -> Result<Option<User>, Failure> {
    let Some(user) = accounts::still(connection, login).await? else { return Ok(None) };
    if user.suspended {
        return Err(Failure::of(ErrorCode::AccountSuspended));
    }
    make_room(connection, announcer, login.user).await?;
    insert(connection, login.user, new).await?;
    changes::record(connection, announcer, act).await?;
    // An address that nobody proved may be anybody's, who would be mailed by whoever made the account.
    if places::visit(connection, &user, new).await? && user.has_proven_email() {
        let details = [("address", new.address.as_str()), ("agent", new.agent.as_str())];
        outbox::append(connection, &announcer.notice("new_login", &user, &user.email, &details)).await?;
    }
    Ok(Some(user))
}

/// Closes the oldest sessions, so that with one more there are not too many.
async fn make_room(connection: &mut Connection, announcer: &Announcer, user: UserId) -> Result<(), Failure> {
    let surplus: Vec<Vec<u8>> =
        sql::query_scalar("SELECT id FROM sessions WHERE user_id = ? ORDER BY id DESC LIMIT ? OFFSET ?")
            .bind(user.as_bytes())
            .bind(MOST_SESSIONS)
            .bind(MOST_SESSIONS - 1)
            .fetch_all(&mut *connection)
            .await
            .stored()?;
    let at = announcer.ambient().now();
    for id in surplus {
        closings::close_session(connection, announcer.ambient(), user, rows::session_id(&id)?, Reason::Revoked, at)
            .await?;
    }
    Ok(())
}

async fn insert(connection: &mut Connection, user: UserId, new: &NewSession) -> Result<(), Failure> {
    sql::query(
        "INSERT INTO sessions (id, user_id, address, agent, created_at, last_used_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(new.id.as_bytes())
    .bind(user.as_bytes())
    .bind(&new.address)
    .bind(&new.agent)
    .bind(new.at.as_micros())
    .bind(new.at.as_micros())
    .bind(new.token.expires_at.as_micros())
    .execute(&mut *connection)
    .await
    .stored()?;
    insert_token(connection, new.id, new.token).await
}

async fn insert_token(connection: &mut Connection, session: SessionId, token: NewToken) -> Result<(), Failure> {
    sql::query("INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES (?, ?, ?)")
        .bind(token.hash.as_slice())
        .bind(session.as_bytes())
        .bind(token.expires_at.as_micros())
        .execute(connection)
        .await
        .stored()
        .map(drop)
}

async fn rotate(
    connection: &mut Connection,
    announcer: &Announcer,
    presented: [u8; 32],
    next: NewToken,
    at: Timestamp,
    act: Act,
) -> Result<Rotation, Failure> {
    let row = sql::query(
        "SELECT users.*, sessions.id AS session_id, refresh_tokens.used_at
         FROM refresh_tokens JOIN sessions ON sessions.id = refresh_tokens.session_id
         JOIN users ON users.id = sessions.user_id
         WHERE refresh_tokens.hash = ? AND refresh_tokens.expires_at > ? FOR UPDATE",
    )
    .bind(presented.as_slice())
    .bind(at.as_micros())
    .fetch_optional(&mut *connection)
    .await
    .stored()?;
    let Some(row) = row else { return Ok(Rotation::Unknown) };
    let (id, user) = (rows::session_id(row.get("session_id"))?, rows::user(&row)?);
    if row.get::<Option<i64>>("used_at").is_some() {
        closings::close_session(connection, announcer.ambient(), user.id, id, Reason::RefreshTokenReused, at).await?;
        let act = Act { subject_id: id.to_string(), ..changes::about(act, &user) };
        changes::record(connection, announcer, &act).await?;
        return Ok(Rotation::Reused(user.id, id));
    }
    renew(connection, presented, id, next, at).await?;
    Ok(Rotation::Renewed(Box::new(user), id))
}

async fn renew(
    connection: &mut Connection,
    presented: [u8; 32],
    session: SessionId,
    next: NewToken,
    at: Timestamp,
) -> Result<(), Failure> {
    sql::query("UPDATE refresh_tokens SET used_at = ? WHERE hash = ?")
        .bind(at.as_micros())
        .bind(presented.as_slice())
        .execute(&mut *connection)
        .await
        .stored()?;
    sql::query("UPDATE sessions SET last_used_at = ?, expires_at = ? WHERE id = ?")
        .bind(at.as_micros())
        .bind(next.expires_at.as_micros())
        .bind(session.as_bytes())
        .execute(&mut *connection)
        .await
        .stored()?;
    insert_token(connection, session, next).await
}
