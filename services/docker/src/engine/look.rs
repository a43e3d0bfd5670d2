//! What an engine is like, for whoever checks it before it is used. Nothing is changed, and no container is started.

use std::time::Duration;

use bollard::models::{SystemInfo, SystemInfoCgroupVersionEnum};
use kit::Failure;

use super::client::{DockerEngine, within};
use super::failure::{failure, refusal};
use crate::domain::ImageRef;

/// How long a registry may take to say whether it has an image.
const REGISTRY: Duration = Duration::from_secs(3);

/// What the engine says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is an ability that is there or not")]
pub struct Facts {
    /// `20.10.24`.
    pub version: String,
    /// `1.41`.
    pub api_version: String,
    /// `overlay2`, `btrfs`, `overlayfs`.
    pub storage: String,
    /// Where it keeps images and containers.
    pub root: String,
    /// `1` or `2`.
    pub cgroups: String,
    pub rootless: bool,
    /// Containers' root is nobody on the host.
    pub remapped: bool,
    pub seccomp: bool,
    /// What it can hold containers to.
    pub memory: bool,
    pub swap: bool,
    pub cpu: bool,
    pub pids: bool,
    /// The log drivers that it has.
    pub log_drivers: Vec<String>,
    /// Containers go on while it is restarted.
    pub live_restore: bool,
    /// Subnets that it gives to networks by itself: `10.0.0.0/8`.
    pub pools: Vec<String>,
    pub warnings: Vec<String>,
}

/// Whether an image can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    Present,
    /// A registry has it.
    Pullable,
    /// Neither, with what the engine said of its registry.
    Nowhere(String),
}

impl DockerEngine {
    pub async fn look(&self) -> Result<Facts, Failure> {
        let (info, version) = self
            .call(|c| async move {
                let info = c.docker.info().await.map_err(failure)?;
                Ok((info, c.docker.version().await.map_err(failure)?))
            })
            .await?;
        Ok(Facts { api_version: version.api_version.unwrap_or_default(), ..read(info) })
    }

    /// Asks the engine, and through it the image's registry; pulls nothing.
    pub async fn look_for_image(&self, image: &ImageRef) -> Result<Image, Failure> {
        if self.find_image(image.as_str()).await?.is_some() {
            return Ok(Image::Present);
        }
        let docker = self.connected().await?.docker;
        let asked = within(REGISTRY, async move {
            Ok(match docker.inspect_registry_image(image.as_str(), None).await {
                Ok(_) => Image::Pullable,
                Err(error) => {
                    let text = refusal(&error).map(|(_, text)| text.to_owned());
                    Image::Nowhere(text.unwrap_or_else(|| error.to_string()))
                }
            })
        });
        Ok(asked.await.unwrap_or_else(|_| Image::Nowhere(format!("no registry answered in {} s", REGISTRY.as_secs()))))
    }
}

fn read(info: SystemInfo) -> Facts {
    let options = info.security_options.unwrap_or_default();
    let has = |name: &str| options.iter().any(|option| option.split(',').any(|part| part == format!("name={name}")));
    let cgroups = match info.cgroup_version {
        Some(SystemInfoCgroupVersionEnum::_2) => "2",
        _ => "1",
    };
    let pools = info.default_address_pools.unwrap_or_default();
    Facts {
        version: info.server_version.unwrap_or_default(),
        storage: info.driver.unwrap_or_default(),
        root: info.docker_root_dir.unwrap_or_default(),
        cgroups: cgroups.to_owned(),
        rootless: has("rootless"),
        remapped: has("userns"),
        seccomp: has("seccomp"),
        memory: info.memory_limit.unwrap_or(false),
        swap: info.swap_limit.unwrap_or(false),
        cpu: info.cpu_cfs_quota.unwrap_or(false),
        pids: info.pids_limit.unwrap_or(false),
        log_drivers: info.plugins.and_then(|plugins| plugins.log).unwrap_or_default(),
        live_restore: info.live_restore_enabled.unwrap_or(false),
        pools: pools.into_iter().filter_map(|pool| pool.base).collect(),
        warnings: info.warnings.unwrap_or_default(),
        ..Facts::default()
    }
}

#[cfg(test)]
mod tests {
    use kit::Ambient;

    use super::*;
    use crate::domain::Identity;

    fn engine(host: Option<String>) -> DockerEngine {
        let installation = kit::InstallationId::mint(&Ambient::system());
        let identity = Identity { installation, site: "local".parse().unwrap() };
        DockerEngine::new(identity, "127.0.0.1".to_owned(), host)
    }

    #[tokio::test]
    async fn the_engine_tells_of_itself() {
        let facts = engine(None).look().await.unwrap();
        assert!(facts.api_version.starts_with("1.") && !facts.version.is_empty(), "{facts:?}");
        assert!(facts.memory && facts.pids && facts.log_drivers.iter().any(|driver| driver == "local"), "{facts:?}");
    }

    #[tokio::test]
    async fn an_image_that_nobody_has_is_nowhere() {
        let image: ImageRef = "localhost:1/berth-no-such:1".parse().unwrap();
        let found = engine(None).look_for_image(&image).await.unwrap();
        assert!(matches!(found, Image::Nowhere(_)), "{found:?}");
    }

    #[tokio::test]
    async fn an_engine_that_is_not_there_is_a_failure() {
        let failure = engine(Some("unix:///nowhere/docker.sock".to_owned())).look().await.unwrap_err();
        assert_eq!(failure.code, kit::ErrorCode::EngineUnavailable);
    }

    #[test]
    fn isolation_is_read_from_the_security_options() {
        let options = ["name=seccomp,profile=default", "name=rootless", "name=userns"].map(str::to_owned);
        let facts = read(SystemInfo { security_options: Some(options.to_vec()), ..SystemInfo::default() });
        assert!(facts.rootless && facts.remapped && facts.seccomp && !facts.memory);
    }
}
