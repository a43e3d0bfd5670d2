//! Tenants over gRPC, from the verifier.

use async_trait::async_trait;
use kit::{Failure, TenantId};
use proto::convert::failure_of;
use proto::v1::TenantRequest;
use proto::v1::verifier_client::VerifierClient;
use wire::Peer;
use wire::peer::Calls;

use crate::ports::Tenants;

/// Tenants as the verifier knows them.
pub struct VerifiedTenants(VerifierClient<Calls>);

impl VerifiedTenants {
    pub fn new(verifier: &Peer) -> Self {
        Self(VerifierClient::new(verifier.calls()))
    }
}

#[async_trait]
impl Tenants for VerifiedTenants {
    async fn require(&self, tenant: TenantId) -> Result<(), Failure> {
        let request = TenantRequest { id: tenant.to_string() };
        self.0.clone().tenant(request).await.map(drop).map_err(|status| failure_of(&status))
    }
}
