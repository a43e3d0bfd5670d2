//! Ports that other services answer over gRPC: machines and tenants from the verifier, the engine from the docker service.

mod engine;
mod tenants;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use kit::machine::MachineSpec;
use kit::{ErrorCode, Failure, MachineId};
use proto::convert::{failure_of, id, required};
use proto::v1::MachineRequest;
use proto::v1::verifier_client::VerifierClient;
use wire::Peer;
use wire::peer::Calls;

use crate::domain::allocation::MachineCopy;
use crate::ports::Catalogue;

pub use engine::DockerEngine;
pub use tenants::VerifiedTenants;

/// The catalogue as the verifier knows it.
pub struct VerifiedCatalogue(VerifierClient<Calls>);

impl VerifiedCatalogue {
    pub fn new(verifier: &Peer) -> Self {
        Self(VerifierClient::new(verifier.calls()))
    }
}

#[async_trait]
impl Catalogue for VerifiedCatalogue {
    async fn machine(&self, machine: MachineId) -> Result<MachineCopy, Failure> {
        let request = MachineRequest { id: machine.to_string(), revision: None };
        let found = self.0.clone().machine(request).await.map_err(|status| failure_of(&status))?.into_inner();
        if found.deleted {
            return Err(Failure::of(ErrorCode::MachineNotFound));
        }
        if !found.active {
            return Err(Failure::of(ErrorCode::MachineInactive).field("machine_id"));
        }
        let spec = MachineSpec::try_from(required(found.spec, "spec")?)?;
        Ok(MachineCopy { id: id(&found.id, "id")?, revision: found.revision, spec })
    }
}
