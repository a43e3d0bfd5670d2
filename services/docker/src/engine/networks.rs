//! Networks and volumes.

use bollard::models::Volume;
use bollard::query_parameters::{ListNetworksOptions, RemoveVolumeOptions};
use kit::{ErrorCode, Failure, VolumeId};

use super::build;
use super::client::DockerEngine;
use super::failure::{failure, found, is_missing, is_network_taken, refusal};
use crate::domain::identity::volume_name;
use crate::domain::{Cidr, NetworkSpec, VolumeSpec};
use crate::ports::engine::NetworkMade;

impl DockerEngine {
    pub(super) async fn make_network(&self, spec: &NetworkSpec) -> Result<NetworkMade, Failure> {
        let request = build::network(&self.identity, spec);
        self.call(|c| async move {
            match c.docker.create_network(request).await {
                Ok(_) => Ok(NetworkMade::Made),
                Err(error) if is_network_taken(&error) => Ok(NetworkMade::Taken),
                Err(error) => Err(failure(error)),
            }
        })
        .await
    }

    pub(super) async fn drop_network(&self, name: &str) -> Result<bool, Failure> {
        let done = self.call(|c| async move { Ok(c.docker.remove_network(name).await) }).await?;
        match done {
            Ok(()) => Ok(true),
            Err(error) if is_missing(&error) => Ok(true),
            Err(error) if is_in_use(&error) => Ok(false),
            Err(error) => Err(failure(error)),
        }
    }

    pub(super) async fn all_subnets(&self) -> Result<Vec<Cidr>, Failure> {
        let networks = self
            .call(|c| async move { c.docker.list_networks(None::<ListNetworksOptions>).await.map_err(failure) })
            .await?;
        let pools = networks.into_iter().filter_map(|network| network.ipam?.config).flatten();
        Ok(pools.filter_map(|pool| pool.subnet?.parse().ok()).collect())
    }

    pub(super) async fn make_volume(&self, spec: &VolumeSpec) -> Result<(), Failure> {
        let request = build::volume(&self.identity, spec);
        // One that is there already is answered as it is.
        let volume = self.call(|c| async move { c.docker.create_volume(request).await.map_err(failure) }).await?;
        if self.owns(&volume) {
            return Ok(());
        }
        let sentence = "A volume of this name is there that is not ours.";
        Err(Failure::new(ErrorCode::ContainerConflict, sentence).operator(volume.name))
    }

    pub(super) async fn drop_volume(&self, volume: VolumeId) -> Result<(), Failure> {
        let name = volume_name(volume);
        let looked = self.call(|c| async move { found(c.docker.inspect_volume(&volume_name(volume)).await) }).await?;
        if !looked.is_some_and(|volume| self.owns(&volume)) {
            return Ok(());
        }
        let options = None::<RemoveVolumeOptions>;
        let done = self.call(|c| async move { Ok(c.docker.remove_volume(&name, options).await) }).await?;
        match done {
            Ok(()) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) if matches!(refusal(&error), Some((409, _))) => {
                Err(Failure::new(ErrorCode::AllocationBusy, "A container still uses this volume.").operator(error))
            }
            Err(error) => Err(failure(error)),
        }
    }

    fn owns(&self, volume: &Volume) -> bool {
        self.identity.owns(|label| volume.labels.get(label).map(String::as_str))
    }
}

fn is_in_use(error: &bollard::errors::Error) -> bool {
    matches!(refusal(error), Some((403 | 409, text)) if text.contains("active endpoints") || text.contains("in use"))
}
