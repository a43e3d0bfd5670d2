//! What clients see of API keys. The text of one is in the answer to its creation, and nowhere else.

use kit::{ApiKeyId, Scope, TenantId, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::ApiKey;

/// An API key. Times are RFC 3339 UTC.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct ApiKeyView {
    #[schema(value_type = String, format = Uuid)]
    pub id: ApiKeyId,
    pub name: String,
    /// The last four characters of the key, to tell it by.
    pub hint: String,
    #[schema(value_type = Vec<String>, example = json!(["allocations:read", "logs:read"]))]
    pub scopes: Vec<Scope>,
    /// The only tenant that it opens.
    #[schema(value_type = String, format = Uuid)]
    pub tenant_id: TenantId,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Null for one that lives until it is revoked. An expired key stays in the list for 30 days.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// To the minute; null for one that was never used.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name.as_str().to_owned(),
            hint: key.hint,
            scopes: key.scopes,
            tenant_id: key.tenant,
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
        }
    }
}

/// A new API key.
#[derive(Serialize, ToSchema)]
#[schema(as = NewApiKey)]
pub struct NewApiKeyView {
    #[serde(flatten)]
    pub about: ApiKeyView,
    /// The key itself, for `Authorization: Bearer …`. It is shown this once.
    pub key: String,
}

impl NewApiKeyView {
    pub fn of(key: ApiKey, text: &SecretString) -> Self {
        Self { about: key.into(), key: text.expose_secret().to_owned() }
    }
}

/// All of a user's API keys: they are few, so there is one page.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKeyList)]
pub struct ApiKeyListView {
    pub items: Vec<ApiKeyView>,
    /// Always null.
    pub next_cursor: Option<String>,
}
