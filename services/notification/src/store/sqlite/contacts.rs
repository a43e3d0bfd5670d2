//! The copy of users, by revision.

use async_trait::async_trait;
use kit::{Failure, TenantId, Timestamp, UserId};
use sqlite::Stored as _;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::SqliteStore;
use super::rows::broken;
use crate::domain::{Contact, Reached};
use crate::ports::Contacts;

#[async_trait]
impl Contacts for SqliteStore {
    async fn reach(&self, user: UserId) -> Result<Reached, Failure> {
        let row = sqlx::query("SELECT * FROM contact WHERE user_id = ?")
            .bind(user.as_bytes())
            .fetch_optional(self.database.readers())
            .await
            .stored()?;
        match row {
            None => Ok(Reached::Unknown),
            Some(row) if row.get::<Option<i64>, _>("gone_at").is_some() => Ok(Reached::Gone),
            Some(row) => read(user, &row).map(|contact| Reached::Known(Box::new(contact))),
        }
    }
}

fn read(user: UserId, row: &SqliteRow) -> Result<Contact, Failure> {
    Ok(Contact {
        user,
        tenant: TenantId::from_bytes(row.get("tenant_id")).ok_or_else(|| broken("tenant_id"))?,
        email: row.get("email"),
        first_name: row.get("first_name"),
        phone: row.get("phone"),
        phone_verified: row.get("phone_verified"),
        verified: row.get("verified"),
        deleting: row.get("deleting"),
        email_notification: row.get("email_notification"),
        sms_notification: row.get("sms_notification"),
        revision: row.get::<i64, _>("revision") as u64,
    })
}

/// Whether the contact is newer than what was known, and so took its place.
pub async fn replace(connection: &mut SqliteConnection, contact: &Contact) -> Result<bool, Failure> {
    if !is_newer(connection, contact.user, contact.revision).await? {
        return Ok(false);
    }
    sqlx::query(
        "INSERT OR REPLACE INTO contact (user_id, tenant_id, email, first_name, phone, phone_verified, verified, deleting,
                                         email_notification, sms_notification, revision, gone_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
    )
    .bind(contact.user.as_bytes())
    .bind(contact.tenant.as_bytes())
    .bind(&contact.email)
    .bind(&contact.first_name)
    .bind(&contact.phone)
    .bind(contact.phone_verified)
    .bind(contact.verified)
    .bind(contact.deleting)
    .bind(contact.email_notification)
    .bind(contact.sms_notification)
    .bind(contact.revision as i64)
    .execute(connection)
    .await
    .stored()
    .map(|_| true)
}

/// Keeps of a user that they are gone, and nothing else.
pub async fn bury(
    connection: &mut SqliteConnection,
    user: UserId,
    revision: u64,
    at: Timestamp,
) -> Result<(), Failure> {
    sqlx::query(
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

async fn is_newer(connection: &mut SqliteConnection, user: UserId, revision: u64) -> Result<bool, Failure> {
    let known: Option<i64> = sqlx::query_scalar("SELECT revision FROM contact WHERE user_id = ?")
        .bind(user.as_bytes())
        .fetch_optional(connection)
        .await
        .stored()?;
    Ok(known.is_none_or(|known| revision > known as u64))
}
