//! Answers whether a session is open and whose it is: what user's own endpoints ask in place of the verifier.

use kit::{Caller, ErrorCode, Failure, Role, SessionId, TenantId, UserId};

use super::App;
use crate::domain::User;

/// What a call needs its caller to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    User,
    Verified,
    Admin,
}

/// The caller. `session_closed`, then `user_not_verified`, then `forbidden`: for no admin and for another's tenant.
pub async fn session_check(
    app: &App,
    user: UserId,
    session: SessionId,
    tenant: Option<TenantId>,
    need: Need,
) -> Result<Caller, Failure> {
    let bearer = app.sessions.bearer(user, session, app.ambient.now()).await?;
    let user = bearer.filter(User::is_open).ok_or_else(|| Failure::of(ErrorCode::SessionClosed))?;
    admit(user, session, tenant, need)
}

/// The caller, where the user is what the call needs.
pub(super) fn admit(user: User, session: SessionId, tenant: Option<TenantId>, need: Need) -> Result<Caller, Failure> {
    if need != Need::User && !user.verified {
        return Err(Failure::of(ErrorCode::UserNotVerified));
    }
    if need == Need::Admin && !user.admin {
        return Err(Failure::of(ErrorCode::Forbidden));
    }
    if tenant.is_some_and(|tenant| tenant != user.tenant) {
        return Err(Failure::new(ErrorCode::Forbidden, "The caller is no member of this tenant."));
    }
    Ok(Caller {
        user: user.id,
        tenant: user.tenant,
        role: Role::Owner,
        access: kit::Access::Login,
        session,
        verified: user.verified,
        admin: user.admin,
    })
}
