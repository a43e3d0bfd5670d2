//! Users between rows and the domain, and what several transactions have in common.

use kit::{Failure, SessionId, TenantId, Timestamp, UserId};
use sql::{Bind, Column, Connection, QueryBuilder, Row, Scalar, Stored as _};

use crate::domain::{Email, Gender, PersonName, PhoneNumber, Profile, User};

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

/// A user, whom nobody else changes before this transaction ends. So with all that find one here.
pub async fn by_id(connection: &mut Connection, id: UserId) -> Result<Option<User>, Failure> {
    let find = sql::query("SELECT * FROM users WHERE id = ? FOR UPDATE").bind(id.as_bytes());
    find.fetch_optional(connection).await.stored()?.as_ref().map(user).transpose()
}

pub async fn by_email(connection: &mut Connection, email: &Email) -> Result<Option<User>, Failure> {
    let find = sql::query("SELECT * FROM users WHERE email = ? FOR UPDATE").bind(email.as_str());
    find.fetch_optional(connection).await.stored()?.as_ref().map(user).transpose()
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

/// Lets nobody else change this user or what is theirs before this transaction ends; a user who is gone is no failure.
pub async fn lock(connection: &mut Connection, id: UserId) -> Result<(), Failure> {
    let lock = sql::query("SELECT id FROM users WHERE id = ? FOR UPDATE").bind(id.as_bytes());
    lock.fetch_optional(connection).await.stored().map(drop)
}

/// Removes the rows whose keys a statement finds; how many. `delete` ends with the key's name and `IN`. In two steps, because
/// MySQL would lock the whole table for a `DELETE … WHERE id IN (SELECT …)`.
pub async fn remove<K>(connection: &mut Connection, find: Scalar<K>, delete: &'static str) -> Result<u64, Failure>
where
    K: for<'r> Column<'r> + Bind,
{
    let keys = find.fetch_all(&mut *connection).await.stored()?;
    remove_these(connection, keys, delete).await
}

/// The same for keys that are known.
pub async fn remove_these<K: Bind>(
    connection: &mut Connection,
    keys: Vec<K>,
    delete: &'static str,
) -> Result<u64, Failure> {
    if keys.is_empty() {
        return Ok(0);
    }
    let mut query = QueryBuilder::new(delete);
    let mut before = " (";
    for key in keys {
        query.push(before).push_bind(key);
        before = ", ";
    }
    query.push(")").build().execute(connection).await.stored().map(sql::Done::rows_affected)
}
