//! What clients see of accounts, sessions and tokens.

use kit::{Cursor, Page, SessionId, TenantId, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{Gender, PhoneNumber, Session, User};
use crate::use_cases::Tokens;

/// A user. Times are RFC 3339 UTC.
#[derive(Debug, Serialize, ToSchema)]
#[allow(clippy::struct_excessive_bools, reason = "clients see each as a field of its own")]
#[schema(as = User)]
pub struct UserView {
    #[schema(value_type = String, format = Uuid)]
    pub id: UserId,
    /// The personal tenant, which owns the user's allocations.
    #[schema(value_type = String, format = Uuid)]
    pub tenant_id: TenantId,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    /// International, `+` and digits.
    pub phone_number: Option<String>,
    /// Whether the number was proven by a text message.
    pub phone_verified: bool,
    pub gender: Option<String>,
    /// Whether the account may use the platform: a code proved its address, or its number.
    pub verified: bool,
    pub admin: bool,
    /// Closed by an admin until an admin opens it again.
    pub suspended: bool,
    pub email_notification: bool,
    pub sms_notification: bool,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        let profile = user.profile;
        Self {
            id: user.id,
            tenant_id: user.tenant,
            email: user.email.to_string(),
            first_name: profile.first_name.as_str().to_owned(),
            last_name: profile.last_name.as_str().to_owned(),
            phone_number: profile.phone_number.as_ref().map(PhoneNumber::as_str).map(str::to_owned),
            phone_verified: user.phone_verified,
            gender: profile.gender.as_ref().map(Gender::as_str).map(str::to_owned),
            verified: user.verified,
            admin: user.admin,
            suspended: user.suspended,
            email_notification: profile.email_notification,
            sms_notification: profile.sms_notification,
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// What a login or a refresh gives.
#[derive(Serialize, ToSchema)]
#[schema(as = Tokens)]
pub struct TokensView {
    /// Goes into `Authorization: Bearer …`.
    pub access_token: String,
    /// Exchanged once for the next pair; using it twice closes the session. Absent where it went into a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// How long the access token is valid, in seconds.
    pub expires_in: u64,
}

impl From<Tokens> for TokensView {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access_token,
            refresh_token: Some(tokens.refresh_token),
            token_type: "Bearer",
            expires_in: tokens.expires_in,
        }
    }
}

impl TokensView {
    /// For a browser: the refresh token apart, for its cookie.
    pub fn apart(tokens: Tokens) -> (String, Self) {
        let refresh_token = tokens.refresh_token.clone();
        (refresh_token, Self { refresh_token: None, ..Self::from(tokens) })
    }
}

/// A piece of the accounts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserList)]
pub struct UserListView {
    pub items: Vec<UserView>,
    /// Gives the next piece; null at the end.
    pub next_cursor: Option<String>,
}

impl From<Page<User>> for UserListView {
    fn from(page: Page<User>) -> Self {
        let next_cursor = page.next.as_ref().map(Cursor::encode);
        Self { items: page.items.into_iter().map(UserView::from).collect(), next_cursor }
    }
}

/// One place where the user is logged in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    #[schema(value_type = String, format = Uuid)]
    pub id: SessionId,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its tokens were last renewed.
    #[schema(value_type = String, format = DateTime)]
    pub last_used_at: Timestamp,
    /// Where the login came from.
    pub address: String,
    /// What the client called itself.
    pub agent: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

impl SessionView {
    pub fn of(session: Session, asking: SessionId) -> Self {
        Self {
            current: session.id == asking,
            id: session.id,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            address: session.address,
            agent: session.agent,
        }
    }
}

/// All of a user's sessions: they are few, so there is one page.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SessionList)]
pub struct SessionListView {
    pub items: Vec<SessionView>,
    /// Always null.
    pub next_cursor: Option<String>,
}

/// Public keys as RFC 7517 has them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeySet)]
pub struct KeySetView {
    pub keys: Vec<KeyView>,
}

/// One Ed25519 key as RFC 8037 has it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyView {
    pub kty: &'static str,
    pub crv: &'static str,
    pub alg: &'static str,
    #[serde(rename = "use")]
    pub usage: &'static str,
    pub kid: String,
    /// The public key, base64url.
    pub x: String,
}
