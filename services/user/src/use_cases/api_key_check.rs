//! Answers who calls with an API key: what user's own endpoints ask in place of the verifier.

use kit::{Access, Caller, ErrorCode, Failure, SessionId, TenantId};

use super::App;
use super::api_key_resolve::{Resolved, api_key_resolve};
use super::session_check::{Need, admit};

/// The caller, with the key's id for a session. `unauthenticated`, then `forbidden` outside the key's tenant, then as for
/// a login.
pub async fn api_key_check(app: &App, hash: &[u8], tenant: Option<TenantId>, need: Need) -> Result<Caller, Failure> {
    let Resolved { key, user, .. } = api_key_resolve(app, hash).await?;
    if tenant.is_some_and(|tenant| tenant != key.tenant) {
        return Err(Failure::new(ErrorCode::Forbidden, "The API key belongs to another tenant."));
    }
    let caller = admit(user, SessionId::from_uuid(key.id.as_uuid()), Some(key.tenant), need)?;
    Ok(Caller { access: Access::Key(key.scopes), ..caller })
}
