//! The gate and the keys as other services have them: answered by the verifier and by user over gRPC.

use async_trait::async_trait;
use kit::{Caller, Failure};
use proto::convert::failure_of;
use proto::v1::users_client::UsersClient;
use proto::v1::verifier_client::VerifierClient;
use proto::v1::{CheckRequest, SigningKeysRequest};

use crate::auth::{Gate, KeySource};
use crate::peer::{Calls, Peer};

/// Asks the verifier.
pub struct VerifierGate(VerifierClient<Calls>);

/// Asks user for the keys that tokens are checked with.
pub struct UserKeys(UsersClient<Calls>);

impl VerifierGate {
    pub fn new(verifier: &Peer) -> Self {
        Self(VerifierClient::new(verifier.calls()))
    }
}

impl UserKeys {
    pub fn new(user: &Peer) -> Self {
        Self(UsersClient::new(user.calls()))
    }
}

#[async_trait]
impl Gate for VerifierGate {
    async fn check(&self, request: CheckRequest) -> Result<Caller, Failure> {
        let reply = self.0.clone().check(request).await.map_err(|status| failure_of(&status))?;
        Caller::try_from(reply.into_inner())
    }
}

#[async_trait]
impl KeySource for UserKeys {
    async fn keys(&self) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        let reply = self.0.clone().signing_keys(SigningKeysRequest {}).await.map_err(|status| failure_of(&status))?;
        Ok(reply.into_inner().keys.into_iter().map(|key| (key.kid, key.public_key)).collect())
    }
}
