//! Looking: at everything of ours with one call a kind, and at one container by its name.

use std::collections::HashMap;

use bollard::query_parameters::{ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder};
use kit::{ErrorCode, Failure};

use super::client::DockerEngine;
use super::failure::{failure, found};
use super::read;
use crate::domain::identity::KIND;
use crate::domain::{Inspected, Listing};

impl DockerEngine {
    pub(super) fn filters(&self) -> HashMap<String, Vec<String>> {
        HashMap::from([("label".to_owned(), self.identity.filters())])
    }

    pub(super) async fn list_all(&self) -> Result<Listing, Failure> {
        let filters = self.filters();
        let containers = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let volumes = ListVolumesOptionsBuilder::default().filters(&filters).build();
        let networks = ListNetworksOptionsBuilder::default().filters(&filters).build();
        let (containers, volumes, networks) = self
            .call(|c| async move {
                let containers = c.docker.list_containers(Some(containers));
                let volumes = c.docker.list_volumes(Some(volumes));
                let networks = c.docker.list_networks(Some(networks));
                futures::try_join!(containers, volumes, networks).map_err(failure)
            })
            .await?;
        let kind = |summary: &bollard::models::ContainerSummary, kind| {
            summary.labels.as_ref().and_then(|labels| labels.get(KIND)).is_some_and(|text| text == kind)
        };
        let of = |wanted| containers.iter().filter(move |summary| kind(summary, wanted));
        Ok(Listing {
            containers: of("container").filter_map(read::container).collect(),
            sandboxes: of("sandbox").filter_map(read::sandbox).collect(),
            volumes: volumes.volumes.unwrap_or_default().iter().filter_map(read::volume).collect(),
            networks: networks.iter().filter_map(read::network).collect(),
        })
    }

    pub(super) async fn look_at(&self, name: &str) -> Result<Option<Inspected>, Failure> {
        let answer = self.call(|c| async move { found(c.docker.inspect_container(name, None).await) }).await?;
        let Some(answer) = answer else { return Ok(None) };
        let labels = answer.config.as_ref().and_then(|config| config.labels.clone()).unwrap_or_default();
        if !self.identity.owns(|label| labels.get(label).map(String::as_str)) {
            let sentence = "A container of this name is there that is not ours.";
            return Err(Failure::new(ErrorCode::ContainerConflict, sentence).operator(name));
        }
        read::inspected(answer).map(Some)
    }
}
