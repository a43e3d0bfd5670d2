//! Users between rows and the domain, and what several transactions have in common.

use kit::{Failure, SessionId, TenantId, Timestamp, UserId};
use sql::{Connection, Row, Stored as _};

use crate::domain::{Email, Gender, PersonName, PhoneNumber, Profile, Reason, User};
use crate::events::Announcer;

/// A row of `users`. What does not parse was not written by us.
pub fn user(row: &Row) -> Result<User, Failure> {
    let phone_number = row.get::<Option<&str>>("phone_number").map(PhoneNumber::parse).transpose()?;
    Ok(User {
        id: UserId::from_bytes(row.get("id")).ok_or_else(|| broken("user id"))?,
        tenant: TenantId::from_bytes(row.get("tenant_id")).ok_or_else(|| broken("tenant id"))?,
        email: row.get::<&str>("email").parse::<Email>().map_err(|_| broken("email"))?,
        profile: Profile {
            first_name: PersonName::parse("first_name", row.get("first_name"))?,
            last_name: PersonName::parse("last_name", row.get("last_name"))?,
            phone_number,
            gender: row.get::<Option<&str>>("gender").map(Gender::parse).transpose()?,
            email_notification: row.get("email_notification"),
            sms_notification: row.get("sms_notification"),
        },
        verified: row.get("verified"),
        email_unproven: row.get("email_unproven"),
        phone_verified: row.get::<Option<&str>>("verified_phone").is_some(),
        admin: row.get("admin"),
        suspended: row.get("suspended"),
        deleting: row.get("deleting"),
        created_at: Timestamp::from_micros(row.get("created_at")),
        updated_at: Timestamp::from_micros(row.get("updated_at")),
        revision: row.get::<i64>("revision") as u64,
    })
}

pub fn session_id(bytes: &[u8]) -> Result<SessionId, Failure> {
    SessionId::from_bytes(bytes).ok_or_else(|| broken("session id"))
}

pub fn broken(what: &str) -> Failure {
    Failure::internal(format!("a row has a broken {what}"))
}

pub async fn by_id(connection: &mut Connection, id: UserId) -> Result<Option<User>, Failure> {
    let row = sql::query("SELECT * FROM users WHERE id = ?").bind(id.as_bytes()).fetch_optional(connection).await;
    row.stored()?.as_ref().map(user).transpose()
}

pub async fn by_email(connection: &mut Connection, email: &Email) -> Result<Option<User>, Failure> {
    let row = sql::query("SELECT * FROM users WHERE email = ?").bind(email.as_str()).fetch_optional(connection).await;
    row.stored()?.as_ref().map(user).transpose()
}

/// A user who is not going: only such a one can be changed by others.
pub async fn present(connection: &mut Connection, id: UserId) -> Result<Option<User>, Failure> {
    Ok(by_id(connection, id).await?.filter(|user| !user.deleting))
}

/// Writes back all of a user that can change, but for the password.
pub async fn save(connection: &mut Connection, user: &User) -> Result<(), Failure> {
    let profile = &user.profile;
    let phone_number = profile.phone_number.as_ref().map(PhoneNumber::as_str);
    sql::query(
        "UPDATE users SET email = ?, first_name = ?, last_name = ?, phone_number = ?, verified_phone = ?, gender = ?,
             verified = ?, email_unproven = ?, admin = ?, suspended = ?, deleting = ?, email_notification = ?, sms_notification = ?,
             updated_at = ?, revision = ? WHERE id = ?",
    )
    .bind(user.email.as_str())
    .bind(profile.first_name.as_str())
    .bind(profile.last_name.as_str())
    .bind(phone_number)
    .bind(phone_number.filter(|_| user.phone_verified))
    .bind(profile.gender.as_ref().map(Gender::as_str))
    .bind(user.verified)
    .bind(user.email_unproven)
    .bind(user.admin)
    .bind(user.suspended)
    .bind(user.deleting)
    .bind(profile.email_notification)
    .bind(profile.sms_notification)
    .bind(user.updated_at.as_micros())
    .bind(user.revision as i64)
    .bind(user.id.as_bytes())
    .execute(connection)
    .await
    .stored()
    .map(drop)
}

/// Closes one session: it and its tokens go, and the closing is recorded for those who trust access tokens.
pub async fn close_session(
    connection: &mut Connection,
    user: UserId,
    session: SessionId,
    reason: Reason,
    at: Timestamp,
) -> Result<(), Failure> {
    for statement in ["DELETE FROM sessions WHERE id = ?", "DELETE FROM refresh_tokens WHERE session_id = ?"] {
        sql::query(statement).bind(session.as_bytes()).execute(&mut *connection).await.stored()?;
    }
    record_closure(connection, user, Some(session), reason, at).await
}

/// Closes all sessions of a user, each with a closing of its own: a login right after is another session and stays open.
pub async fn close_sessions(
    connection: &mut Connection,
    user: UserId,
    reason: Reason,
    at: Timestamp,
) -> Result<(), Failure> {
    let close = "INSERT INTO closures (session_id, user_id, at, reason)
         SELECT id, user_id, ?, ? FROM sessions WHERE user_id = ? ORDER BY id";
    close_each(connection, close, user, reason, at).await?;
    forget_sessions(connection, user).await
}

/// Revokes all API keys of a user, each with a closing of its own.
pub async fn close_keys(
    connection: &mut Connection,
    user: UserId,
    reason: Reason,
    at: Timestamp,
) -> Result<(), Failure> {
    let close = "INSERT INTO closures (session_id, user_id, at, reason)
         SELECT id, user_id, ?, ? FROM api_keys WHERE user_id = ? ORDER BY id";
    close_each(connection, close, user, reason, at).await?;
    let delete = sql::query("DELETE FROM api_keys WHERE user_id = ?").bind(user.as_bytes());
    delete.execute(connection).await.stored().map(drop)
}

async fn close_each(
    connection: &mut Connection,
    insert: &'static str,
    user: UserId,
    reason: Reason,
    at: Timestamp,
) -> Result<(), Failure> {
    let insert = sql::query(insert).bind(at.as_micros()).bind(reason.as_str()).bind(user.as_bytes());
    insert.execute(connection).await.stored().map(drop)
}

async fn forget_sessions(connection: &mut Connection, user: UserId) -> Result<(), Failure> {
    for statement in [
        "DELETE FROM refresh_tokens WHERE session_id IN (SELECT id FROM sessions WHERE user_id = ?)",
        "DELETE FROM sessions WHERE user_id = ?",
    ] {
        sql::query(statement).bind(user.as_bytes()).execute(&mut *connection).await.stored()?;
    }
    Ok(())
}

/// Closes all that a user has open, with one closing: API keys and access tokens that are about count as well. Its time is
/// that of the transaction, so that nothing that was opened before it is younger.
pub async fn close_account(
    connection: &mut Connection,
    announcer: &Announcer,
    user: UserId,
    reason: Reason,
) -> Result<(), Failure> {
    forget_sessions(connection, user).await?;
    record_closure(connection, user, None, reason, announcer.ambient().now()).await
}

/// `session` is `None` where the whole account goes.
pub async fn record_closure(
    connection: &mut Connection,
    user: UserId,
    session: Option<SessionId>,
    reason: Reason,
    at: Timestamp,
) -> Result<(), Failure> {
    sql::query("INSERT INTO closures (session_id, user_id, at, reason) VALUES (?, ?, ?, ?)")
        .bind(session.map(|session| session.as_bytes().to_vec()))
        .bind(user.as_bytes())
        .bind(at.as_micros())
        .bind(reason.as_str())
        .execute(connection)
        .await
        .stored()
        .map(drop)
}
