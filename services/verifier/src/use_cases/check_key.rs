//! Who calls with an API key. Only user can tell, so its answer is kept for a minute; a key that was revoked meanwhile, or
//! whose user was suspended, is void by the closing, which is looked at first.

use bytes::Bytes;
use kit::{Access, Caller, ErrorCode, Failure, SessionId, TenantId};

use super::{App, check};
use crate::domain::{Asking, Key, Need};

/// What a call with a key wants.
#[derive(Clone, Debug)]
pub struct KeyAsking {
    /// SHA-256 of the key.
    pub hash: Vec<u8>,
    pub tenant: Option<TenantId>,
    pub need: Need,
    pub writes: bool,
}

/// `Unauthenticated` for a key that nobody has, that ran out or was revoked; `Forbidden` outside its tenant.
pub async fn check_key(app: &App, asking: &KeyAsking) -> Result<Caller, Failure> {
    let cache_key = format!("verifier/key/{}", hex(&asking.hash));
    if let Some(key) = cached(app, &cache_key).await {
        match admit(app, asking, &key).await {
            // Closed since it was resolved, or opened again since.
            Err(failure) if failure.code == ErrorCode::SessionClosed => app.cache.remove(&cache_key).await,
            done => return done,
        }
    }
    let key = app.owners.api_key(&asking.hash).await?.ok_or_else(unknown)?;
    if let Ok(bytes) = serde_json::to_vec(&key) {
        app.cache.set(&cache_key, Bytes::from(bytes), app.config.key_life).await;
    }
    admit(app, asking, &key).await.map_err(|failure| match failure.code {
        ErrorCode::SessionClosed => unknown(),
        _ => failure,
    })
}

async fn admit(app: &App, asking: &KeyAsking, key: &Key) -> Result<Caller, Failure> {
    if key.is_expired(app.ambient.now()) {
        return Err(unknown());
    }
    if asking.tenant.is_some_and(|tenant| tenant != key.tenant) {
        return Err(Failure::new(ErrorCode::Forbidden, "The API key belongs to another tenant."));
    }
    let asking = Asking {
        user: key.user,
        session: SessionId::from_uuid(key.id.as_uuid()),
        by_key: true,
        least: key.user_revision,
        issued_at: key.resolved_at,
        tenant: Some(key.tenant),
        need: asking.need,
        writes: asking.writes,
    };
    let caller = check(app, &asking).await?;
    Ok(Caller { access: Access::Key(key.scopes.clone()), ..caller })
}

/// What was remembered too long ago has no say, whoever put it there and when: closures are not kept for ever.
async fn cached(app: &App, cache_key: &str) -> Option<Key> {
    let key: Key = serde_json::from_slice(&app.cache.get(cache_key).await?).ok()?;
    app.is_within(app.config.key_life, key.resolved_at).then_some(key)
}

fn unknown() -> Failure {
    Failure::new(ErrorCode::Unauthenticated, "This API key is not valid.")
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
