//! What every change of an account leaves behind, in its transaction: the row, its event, and the act for the audit list.

use bus::{audit, outbox};
use kit::{Act, Failure, ServiceName, Timestamp};
use sql::{Connection, Stored as _};

use super::{closings, codes, rows};
use crate::domain::{Reason, User};
use crate::events::{Actor, Announcer};

/// Saves a changed user with the next revision, announces it and records the act. Who proved something with a code
/// becomes the actor here.
pub async fn revise(
    connection: &mut Connection,
    announcer: &Announcer,
    user: &mut User,
    at: Timestamp,
    kind: &str,
    act: Act,
    changed: &[&str],
) -> Result<(), Failure> {
    user.revision += 1;
    user.updated_at = at;
    rows::save(connection, user).await?;
    let act = Act { actor: act.actor.or(Some(user.id)), ..about(act, user) };
    outbox::append(connection, &announcer.user(kind, user, Actor::of(&act), changed)).await?;
    record(connection, announcer, &act).await
}

/// The act, with whose account it was about.
pub fn about(act: Act, user: &User) -> Act {
    let subject_id = if act.subject_id.is_empty() { user.id.to_string() } else { act.subject_id };
    Act { subject_id, tenant: Some(user.tenant), ..act }
}

pub async fn record(connection: &mut Connection, announcer: &Announcer, act: &Act) -> Result<(), Failure> {
    audit::append(connection, announcer.ambient(), ServiceName::User, act).await
}

/// Sets a password, closes every session, voids every code, and tells the user. What was asked for with the old password
/// does not outlive it: not a change of address either. API keys stay: they are their owner's to revoke.
pub async fn set_password(
    connection: &mut Connection,
    announcer: &Announcer,
    user: &mut User,
    hash: &str,
    at: Timestamp,
    act: Act,
    changed: &[&str],
) -> Result<(), Failure> {
    sql::query("UPDATE users SET password_hash = ? WHERE id = ?")
        .bind(hash)
        .bind(user.id.as_bytes())
        .execute(&mut *connection)
        .await
        .stored()?;
    codes::forget_all(connection, user).await?;
    closings::close_sessions(connection, announcer.ambient(), user.id, Reason::PasswordChanged, at).await?;
    revise(connection, announcer, user, at, "user.updated", act, changed).await?;
    outbox::append(connection, &announcer.notice("password_changed", user, &user.email, &[])).await
}
