//! What an export of one's own data looks like. Times are RFC 3339 UTC.

use kit::{SessionId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::api_key_views::ApiKeyView;
use super::audit_views::AuditEntryView;
use super::views::{SessionView, UserView};
use crate::domain::export::{
    KeptAllocation, KeptComment, KeptDelivery, KeptNotifications, KeptOpinion, KeptPort, KeptPreference, KeptWebhook,
};
use crate::use_cases::export::Export;

/// All that the platform keeps of a user. Passwords, codes, tokens and generated secrets are not in it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Export)]
pub struct ExportView {
    #[schema(value_type = String, format = DateTime)]
    pub exported_at: Timestamp,
    pub user: UserView,
    pub sessions: Vec<SessionView>,
    pub api_keys: Vec<ApiKeyView>,
    /// Newest first, at most 10,000.
    pub audit: Vec<AuditEntryView>,
    /// Newest first, at most 1,000; `GET /allocations` has the rest.
    pub allocations: Vec<AllocationPart>,
    /// Newest first, at most 10,000 and 24 MiB of text.
    pub comments: Vec<CommentPart>,
    /// At most 10,000.
    pub likes: Vec<LikePart>,
    pub notifications: NotificationsPart,
}

impl ExportView {
    /// `asking` is the session that asks.
    pub fn of(export: Export, asking: SessionId) -> Self {
        Self {
            exported_at: export.at,
            user: export.user.into(),
            sessions: export.sessions.into_iter().map(|session| SessionView::of(session, asking)).collect(),
            api_keys: export.api_keys.into_iter().map(ApiKeyView::from).collect(),
            audit: export.acts.into_iter().map(AuditEntryView::from).collect(),
            allocations: export.allocations.into_iter().map(AllocationPart::from).collect(),
            comments: export.feed.comments.into_iter().map(CommentPart::from).collect(),
            likes: export.feed.opinions.into_iter().map(LikePart::from).collect(),
            notifications: export.notifications.into(),
        }
    }
}

/// One part of the export: its fields as they are kept, each with its type.
macro_rules! part {
    ($(#[$doc:meta])* $name:ident as $schema:ident of $kept:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Serialize, ToSchema)]
        #[schema(as = $schema)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)* }

        impl From<$kept> for $name {
            fn from(kept: $kept) -> Self {
                Self { $($field: kept.$field,)* }
            }
        }
    };
}

/// An allocation in an export.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExportedAllocation)]
pub struct AllocationPart {
    pub id: String,
    pub name: String,
    pub machine_id: String,
    pub machine_name: String,
    pub machine_revision: u64,
    pub site: String,
    pub desired: String,
    pub state: String,
    pub reason: Option<String>,
    pub host: String,
    pub ports: Vec<PortPart>,
    pub image: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
}

impl From<KeptAllocation> for AllocationPart {
    fn from(kept: KeptAllocation) -> Self {
        Self {
            id: kept.id,
            name: kept.name,
            machine_id: kept.machine_id,
            machine_name: kept.machine_name,
            machine_revision: kept.machine_revision,
            site: kept.site,
            desired: kept.desired,
            state: kept.state,
            reason: kept.reason,
            host: kept.host,
            ports: kept.ports.into_iter().map(PortPart::from).collect(),
            image: kept.image,
            created_at: kept.created_at,
            updated_at: kept.updated_at,
            started_at: kept.started_at,
        }
    }
}

part! {
    /// A port of an allocation; `host_port` is null until first bound.
    PortPart as ExportedPort of KeptPort {
        name: String,
        container_port: u32,
        host_port: Option<u32>,
        protocol: String,
    }
}

part! {
    /// A comment in an export.
    CommentPart as ExportedComment of KeptComment {
        id: String,
        machine_id: String,
        text: String,
        #[schema(value_type = String, format = DateTime)]
        created_at: Timestamp,
        #[schema(value_type = Option<String>, format = DateTime)]
        edited_at: Option<Timestamp>,
    }
}

part! {
    /// A like or a dislike.
    LikePart as ExportedLike of KeptOpinion {
        machine_id: String,
        /// `like` or `dislike`.
        status: String,
        #[schema(value_type = String, format = DateTime)]
        at: Timestamp,
    }
}

/// How the user is told of things, and what they were told.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExportedNotifications)]
pub struct NotificationsPart {
    pub preferences: Vec<PreferencePart>,
    pub webhooks: Vec<WebhookPart>,
    /// Newest first, at most 1,000.
    pub deliveries: Vec<DeliveryPart>,
}

impl From<KeptNotifications> for NotificationsPart {
    fn from(kept: KeptNotifications) -> Self {
        Self {
            preferences: kept.preferences.into_iter().map(PreferencePart::from).collect(),
            webhooks: kept.webhooks.into_iter().map(WebhookPart::from).collect(),
            deliveries: kept.deliveries.into_iter().map(DeliveryPart::from).collect(),
        }
    }
}

part! {
    /// Whether a kind of message is wanted on a channel.
    PreferencePart as ExportedPreference of KeptPreference {
        kind: String,
        channel: String,
        enabled: bool,
    }
}

part! {
    /// A webhook, without its secret.
    WebhookPart as ExportedWebhook of KeptWebhook {
        id: String,
        url: String,
        events: Vec<String>,
        #[schema(value_type = String, format = DateTime)]
        created_at: Timestamp,
    }
}

part! {
    /// A message that was sent, or shall be.
    DeliveryPart as ExportedDelivery of KeptDelivery {
        kind: String,
        channel: String,
        recipient: String,
        /// `pending`, `sent`, `expired` or `dead`.
        state: String,
        #[schema(value_type = String, format = DateTime)]
        created_at: Timestamp,
    }
}
