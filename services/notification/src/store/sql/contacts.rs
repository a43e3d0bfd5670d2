//! The copy of users, by revision.

use async_trait::async_trait;
use kit::{ErrorCode, Failure, TenantId, Timestamp, UserId};
use sql::{Connection, Row, Stored as _};

use super::SqlStore;
use super::rows::broken;
use crate::domain::{Contact, Reached};
use crate::ports::Contacts;

#[async_trait]
impl Contacts for SqlStore {
    async fn reach(&self, user: UserId) -> Result<Reached, Failure> {
        let row = sql::query("SELECT * FROM contact WHERE user_id = ?")
            .bind(user.as_bytes())
            .fetch_optional(self.database.readers())
            .await
            .stored()?;
        match row {
            None => Ok(Reached::Unknown),
            Some(row) if row.get::<Option<i64>>("gone_at").is_some() => Ok(Reached::Gone),
            Some(row) => read(user, &row).map(|contact| Reached::Known(Box::new(contact))),
        }
    }
}

fn read(user: UserId, row: &Row) -> Result<Contact, Failure> {
    Ok(Contact {
        user,
        tenant: TenantId::from_bytes(row.get("tenant_id")).ok_or_else(|| broken("tenant_id"))?,
        email: row.get("email"),
        first_name: row.get("first_name"),
        phone: row.get("phone"),
        phone_verified: row.get("phone_verified"),
        verified: row.get("verified"),
        email_unproven: row.get("email_unproven"),
        deleting: row.get("deleting"),
        email_notification: row.get("email_notification"),
        sms_notification: row.get("sms_notification"),
        revision: row.get::<i64>("revision") as u64,
    })
}

/// Whether a user is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// There, or not announced yet.
    Here,
    /// Asked to go: what is theirs is being removed.
    Leaving,
    Gone,
}

pub async fn presence(connection: &mut Connection, user: UserId) -> Result<Presence, Failure> {
    let row = sql::query("SELECT deleting, gone_at IS NOT NULL AS gone FROM contact WHERE user_id = ?")
        .bind(user.as_bytes())
        .fetch_optional(connection)
        .await
        .stored()?;
    Ok(match row.map(|row| (row.get("deleting"), row.get("gone"))) {
        Some((_, true)) => Presence::Gone,
        Some((true, false)) => Presence::Leaving,
        Some((false, false)) | None => Presence::Here,
    })
}

/// `SessionClosed` where a user is leaving or gone: what they add now would be removed by nobody.
pub async fn require_present(connection: &mut Connection, user: UserId) -> Result<(), Failure> {
    match presence(connection, user).await? {
        Presence::Here => Ok(()),
        Presence::Leaving | Presence::Gone => Err(Failure::of(ErrorCode::SessionClosed)),
    }
}

/// How a contact differs from the one that it replaced.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// Its address was unproven, and is proven now.
    pub proved: bool,
}

/// Puts a contact in the place of what was known; `None` where it is not newer.
pub async fn replace(connection: &mut Connection, contact: &Contact) -> Result<Option<Change>, Failure> {
    let before = sql::query("SELECT revision, email_unproven FROM contact WHERE user_id = ?")
        .bind(contact.user.as_bytes())
        .fetch_optional(&mut *connection)
        .await
        .stored()?;
    let before = before.map(|row| (row.get::<i64>("revision") as u64, row.get("email_unproven")));
    if before.is_some_and(|(revision, _)| contact.revision <= revision) {
        return Ok(None);
    }
    write(connection, contact).await?;
    let was_unproven = before.is_some_and(|(_, unproven)| unproven);
    Ok(Some(Change { proved: was_unproven && contact.is_proven() }))
}

async fn write(connection: &mut Connection, contact: &Contact) -> Result<(), Failure> {
    sql::query(
        "INSERT OR REPLACE INTO contact (user_id, tenant_id, email, first_name, phone, phone_verified, verified,
                                         email_unproven, deleting, email_notification, sms_notification, revision,
                                         gone_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
    )
    .bind(contact.user.as_bytes())
    .bind(contact.tenant.as_bytes())
    .bind(&contact.email)
    .bind(&contact.first_name)
    .bind(&contact.phone)
    .bind(contact.phone_verified)
    .bind(contact.verified)
    .bind(contact.email_unproven)
    .bind(contact.deleting)
    .bind(contact.email_notification)
    .bind(contact.sms_notification)
    .bind(contact.revision as i64)
    .execute(connection)
    .await
    .stored()
    .map(drop)
}

/// Keeps of a user that they are gone, and nothing else.
pub async fn bury(connection: &mut Connection, user: UserId, revision: u64, at: Timestamp) -> Result<(), Failure> {
    sql::query(
        "INSERT OR REPLACE INTO contact (user_id, tenant_id, email, first_name, phone_verified, verified, deleting,
                                         email_notification, sms_notification, revision, gone_at)
         VALUES (?, x'', '', '', 0, 0, 1, 0, 0, ?, ?)",
    )
    .bind(user.as_bytes())
    .bind(revision as i64)
    .bind(at.as_micros())
    .execute(connection)
    .await
    .stored()
    .map(drop)
}
