//! What clients see of the audit list.

use std::collections::BTreeMap;
use std::net::IpAddr;

use kit::{ApiKeyId, EventId, Page, TenantId, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::AuditEntry;

/// Something that somebody did. Times are RFC 3339 UTC.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct AuditEntryView {
    #[schema(value_type = String, format = Uuid)]
    pub id: EventId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Noun and verb.
    #[schema(example = "allocation.stop")]
    pub action: String,
    /// Who did it; null where nobody was logged in.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub actor: Option<UserId>,
    /// The API key that it was done with; null for a login.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub key_id: Option<ApiKeyId>,
    /// Whether it was done by an admin's right.
    pub as_admin: bool,
    /// Whose thing it was done to; null for the platform's own.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub tenant_id: Option<TenantId>,
    pub subject: AuditSubjectView,
    /// Where it was done from, as far as that is told.
    #[schema(value_type = Option<String>)]
    pub address: Option<IpAddr>,
    pub request_id: Option<String>,
    /// A few more words, by name.
    pub details: BTreeMap<String, String>,
}

/// What it was done to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditSubject)]
pub struct AuditSubjectView {
    #[schema(example = "allocation")]
    pub kind: String,
    pub id: String,
}

impl From<AuditEntry> for AuditEntryView {
    fn from(AuditEntry { id, at, act }: AuditEntry) -> Self {
        Self {
            id,
            at,
            action: act.action,
            actor: act.actor,
            key_id: act.key,
            as_admin: act.as_admin,
            tenant_id: act.tenant,
            subject: AuditSubjectView { kind: act.subject_kind, id: act.subject_id },
            address: act.address,
            request_id: act.request_id,
            details: act.details,
        }
    }
}

/// A piece of the audit list, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditList)]
pub struct AuditListView {
    pub items: Vec<AuditEntryView>,
    /// Null at the end.
    pub next_cursor: Option<String>,
}

impl From<Page<AuditEntry>> for AuditListView {
    fn from(page: Page<AuditEntry>) -> Self {
        let page = page.map(AuditEntryView::from);
        Self { items: page.items, next_cursor: page.next.map(|cursor| cursor.encode()) }
    }
}
