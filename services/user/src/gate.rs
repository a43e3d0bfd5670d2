//! How user's own endpoints tell who calls: by its own store, so that a logout holds at once and no peer is needed.
//! Answers exactly as the verifier does.

use std::sync::Arc;

use async_trait::async_trait;
use kit::{Caller, Failure};
use proto::convert::id;
use proto::v1::{CheckRequest, Need};
use wire::auth::{Gate, KeySource};

use crate::use_cases::{App, api_key_check, keys_publish, session_check};

/// The gate and the key source of this service's door.
pub struct LocalGate(pub Arc<App>);

#[async_trait]
impl Gate for LocalGate {
    async fn check(&self, request: CheckRequest) -> Result<Caller, Failure> {
        let need = match request.need() {
            Need::Unspecified => return Err(Failure::invalid("need", "`need` is missing")),
            Need::User => session_check::Need::User,
            Need::Verified => session_check::Need::Verified,
            Need::Admin => session_check::Need::Admin,
        };
        let tenant = request.tenant_id.as_deref().map(|text| id(text, "tenant_id")).transpose()?;
        if !request.api_key.is_empty() {
            return api_key_check::api_key_check(&self.0, &request.api_key, tenant, need).await;
        }
        let (user, session) = (id(&request.user_id, "user_id")?, id(&request.session_id, "session_id")?);
        session_check::session_check(&self.0, user, session, tenant, need).await
    }
}

#[async_trait]
impl KeySource for LocalGate {
    async fn keys(&self) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        let keys = keys_publish::keys_publish(&self.0).await?;
        Ok(keys.into_iter().map(|key| (key.kid, key.public_key.to_vec())).collect())
    }
}
