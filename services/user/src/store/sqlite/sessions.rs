//! Sessions in SQLite. Reuse of a refresh token is noticed and punished in the transaction that sees it.

use async_trait::async_trait;
use kit::{Failure, SessionId, Timestamp, UserId};
use sqlite::Stored as _;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::{SqliteStore, rows};
use crate::domain::{Credentials, NewSession, NewToken, Reason, Rotation, Session, User};
use crate::ports::SessionStore;

#[async_trait]
impl SessionStore for SqliteStore {
    async fn open(&self, login: Credentials, new: NewSession) -> Result<Option<User>, Failure> {
        self.database.write(move |c| Box::pin(async move { open(c, &login, &new).await })).await
    }

    async fn rotate(&self, presented: [u8; 32], next: NewToken, at: Timestamp) -> Result<Rotation, Failure> {
        self.database.write(move |c| Box::pin(async move { rotate(c, presented, next, at).await })).await
    }

    async fn close(&self, user: UserId, session: SessionId, reason: Reason, at: Timestamp) -> Result<bool, Failure> {
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let open: bool =
                    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sessions WHERE id = ? AND user_id = ?)")
                        .bind(session.as_bytes())
                        .bind(user.as_bytes())
                        .fetch_one(&mut *c)
                        .await
                        .stored()?;
                if open {
                    rows::close_session(c, user, session, reason, at).await?;
                }
                Ok(open)
            })
        });
        work.await
    }

    async fn list(&self, user: UserId, at: Timestamp) -> Result<Vec<Session>, Failure> {
        let found = sqlx::query("SELECT * FROM sessions WHERE user_id = ? AND expires_at > ? ORDER BY id DESC")
            .bind(user.as_bytes())
            .bind(at.as_micros())
            .fetch_all(self.database.readers())
            .await
            .stored()?;
        found.iter().map(session).collect()
    }

    async fn bearer(&self, user: UserId, session: SessionId, at: Timestamp) -> Result<Option<User>, Failure> {
        let row = sqlx::query(
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

fn session(row: &SqliteRow) -> Result<Session, Failure> {
    Ok(Session {
        id: rows::session_id(row.get("id"))?,
        created_at: Timestamp::from_micros(row.get("created_at")),
        last_used_at: Timestamp::from_micros(row.get("last_used_at")),
        address: row.get("address"),
        agent: row.get("agent"),
    })
}

async fn open(
    connection: &mut SqliteConnection,
    login: &Credentials,
    new: &NewSession,
) -> Result<Option<User>, Failure> {
    let unchanged: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users WHERE id = ? AND password_hash = ?)")
        .bind(login.user.as_bytes())
        .bind(&login.password_hash)
        .fetch_one(&mut *connection)
        .await
        .stored()?;
    if !unchanged {
        return Ok(None);
    }
    sqlx::query(
        "INSERT INTO sessions (id, user_id, address, agent, created_at, last_used_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(new.id.as_bytes())
    .bind(login.user.as_bytes())
    .bind(&new.address)
    .bind(&new.agent)
    .bind(new.at.as_micros())
    .bind(new.at.as_micros())
    .bind(new.token.expires_at.as_micros())
    .execute(&mut *connection)
    .await
    .stored()?;
    insert_token(connection, new.id, new.token).await?;
    rows::by_id(connection, login.user).await
}

async fn insert_token(connection: &mut SqliteConnection, session: SessionId, token: NewToken) -> Result<(), Failure> {
    sqlx::query("INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES (?, ?, ?)")
        .bind(token.hash.as_slice())
        .bind(session.as_bytes())
        .bind(token.expires_at.as_micros())
        .execute(connection)
        .await
        .stored()
        .map(drop)
}

async fn rotate(
    connection: &mut SqliteConnection,
    presented: [u8; 32],
    next: NewToken,
    at: Timestamp,
) -> Result<Rotation, Failure> {
    let row = sqlx::query(
        "SELECT sessions.id, sessions.user_id, refresh_tokens.used_at
         FROM refresh_tokens JOIN sessions ON sessions.id = refresh_tokens.session_id
         WHERE refresh_tokens.hash = ? AND refresh_tokens.expires_at > ?",
    )
    .bind(presented.as_slice())
    .bind(at.as_micros())
    .fetch_optional(&mut *connection)
    .await
    .stored()?;
    let Some(row) = row else { return Ok(Rotation::Unknown) };
    let id = rows::session_id(row.get("id"))?;
    let user = UserId::from_bytes(row.get("user_id")).ok_or_else(|| rows::broken("user id"))?;
    if row.get::<Option<i64>, _>("used_at").is_some() {
        rows::close_session(connection, user, id, Reason::RefreshTokenReused, at).await?;
        return Ok(Rotation::Reused(user, id));
    }
    renew(connection, presented, id, next, at).await?;
    let user = rows::by_id(connection, user).await?.ok_or_else(|| rows::broken("session: its user is gone"))?;
    Ok(Rotation::Renewed(Box::new(user), id))
}

async fn renew(
    connection: &mut SqliteConnection,
    presented: [u8; 32],
    session: SessionId,
    next: NewToken,
    at: Timestamp,
) -> Result<(), Failure> {
    sqlx::query("UPDATE refresh_tokens SET used_at = ? WHERE hash = ?")
        .bind(at.as_micros())
        .bind(presented.as_slice())
        .execute(&mut *connection)
        .await
        .stored()?;
    sqlx::query("UPDATE sessions SET last_used_at = ?, expires_at = ? WHERE id = ?")
        .bind(at.as_micros())
        .bind(next.expires_at.as_micros())
        .bind(session.as_bytes())
        .execute(&mut *connection)
        .await
        .stored()?;
    insert_token(connection, session, next).await
}
