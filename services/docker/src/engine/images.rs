//! Images: used as the engine has them, pulled when missing; the sandbox's own is made here.

use std::time::Duration;

use bollard::errors::Error;
use bollard::models::ImageInspect;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures::StreamExt as _;
use kit::{ErrorCode, Failure};

use super::client::{DockerEngine, within};
use super::failure::{failure, found};
use super::pause;
use crate::domain::ImageRef;

/// How long a pull may take in all, and without any progress.
const PULL: Duration = Duration::from_secs(15 * 60);
const PULL_SILENCE: Duration = Duration::from_secs(90);

impl DockerEngine {
    pub(super) async fn find_image(&self, image: &str) -> Result<Option<String>, Failure> {
        let name = image.to_owned();
        let inspected = self.call(|c| async move { found(c.docker.inspect_image(&name).await) }).await?;
        Ok(inspected.and_then(|found| digest(image, found)))
    }

    pub(super) async fn pull_image(&self, image: &ImageRef) -> Result<(), Failure> {
        let docker = self.connected().await?.patient;
        let options = CreateImageOptionsBuilder::default().from_image(image.as_str()).build();
        let mut progress = docker.create_image(Some(options), None, None).boxed();
        let pull = async move {
            loop {
                let silence = || pull_failed(image, "", "no progress");
                match tokio::time::timeout(PULL_SILENCE, progress.next()).await.map_err(|_| silence())? {
                    None => return Ok(()),
                    Some(Ok(step)) => tracing::debug!(image = %image, status = step.status, "pulling {image}"),
                    Some(Err(error)) => return Err(pull_error(image, error)),
                }
            }
        };
        tokio::time::timeout(PULL, pull).await.unwrap_or_else(|_| Err(pull_failed(image, "", "took too long")))
    }

    /// The sandbox's image, made where it is missing: also when somebody pruned it.
    pub(super) async fn make_sandbox_image(&self) -> Result<(), Failure> {
        self.import_sandbox(pause::IMAGE).await
    }

    async fn import_sandbox(&self, image: &str) -> Result<(), Failure> {
        let connected = self.connected().await?;
        let unknown = || Failure::of(ErrorCode::EngineRefused).operator("no sandbox program for this architecture");
        let archive = pause::root_filesystem(&connected.architecture).ok_or_else(unknown)?;
        let (repo, tag) = image.split_once(':').unwrap_or((image, "latest"));
        let options = CreateImageOptionsBuilder::default().from_src("-").repo(repo).tag(tag).build();
        let body = bollard::body_full(archive.into());
        let mut steps = connected.docker.create_image(Some(options), Some(body), None).boxed();
        within(super::client::DEADLINE, async move {
            while let Some(step) = steps.next().await {
                step.map_err(failure)?;
            }
            Ok(())
        })
        .await
    }
}

/// A name for exactly this image that the engine takes, and can pull again where it came from a registry:
/// `redis@sha256:…`, else its id.
fn digest(name: &str, image: ImageInspect) -> Option<String> {
    // The same image may have come by another name, from a registry that is none of this one's business.
    let repository = repository_of(name);
    let digests = image.repo_digests.unwrap_or_default();
    digests.into_iter().find(|digest| repository_of(digest) == repository).or(image.id)
}

/// A reference without its tag or digest; a colon before the last slash is a port.
fn repository_of(reference: &str) -> &str {
    let named = reference.split('@').next().unwrap_or(reference);
    match named.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => named,
    }
}

fn pull_error(image: &ImageRef, error: Error) -> Failure {
    match failure(error) {
        lost if lost.code == ErrorCode::EngineUnavailable => lost,
        refused => {
            let text = refused.operator.unwrap_or_default();
            pull_failed(image, &text, &text)
        }
    }
}

/// Tells a name that is wrong from a registry that is away.
fn pull_failed(image: &ImageRef, said: &str, operator: &str) -> Failure {
    let absent = ["not found", "manifest unknown", "does not exist", "denied"].iter().any(|text| said.contains(text));
    let sentence = if absent {
        format!("There is no image {image}, or it is not public.")
    } else {
        format!("The image {image} could not be had: its registry does not answer.")
    };
    Failure::new(ErrorCode::ImagePullFailed, sentence).operator(operator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard::query_parameters::RemoveImageOptions;

    #[test]
    fn an_image_that_is_not_there_is_told_from_a_registry_that_is_away() {
        let image: ImageRef = "nope:1".parse().unwrap();
        let absent = Error::DockerResponseServerError { status_code: 404, message: "manifest unknown".into() };
        assert!(pull_error(&image, absent).detail.starts_with("There is no image nope:1"));
        let away = Error::DockerStreamError { error: "dial tcp: lookup registry: timeout".into() };
        let failure = pull_error(&image, away);
        assert!(failure.detail.contains("does not answer") && failure.code == ErrorCode::ImagePullFailed);
        assert!(!failure.detail.contains("dial tcp"));
        assert_eq!(pull_error(&image, Error::RequestTimeoutError).code, ErrorCode::EngineUnavailable);
    }

    /// Under a name of the test's own: the shared one may be in use.
    #[tokio::test]
    async fn the_sandboxs_image_is_made_on_an_engine_that_lacks_it() {
        let installation = kit::InstallationId::mint(&kit::Ambient::system());
        let identity = crate::domain::Identity { installation, site: "test".parse().unwrap() };
        let name = format!("berth-sandbox-test:{}", identity.short());
        let engine = DockerEngine::new(identity, "127.0.0.1".to_owned(), None);
        assert_eq!(engine.find_image(&name).await.unwrap(), None);
        engine.import_sandbox(&name).await.unwrap();
        let made = engine.find_image(&name).await.unwrap();
        engine.connected().await.unwrap().docker.remove_image(&name, None::<RemoveImageOptions>, None).await.unwrap();
        assert!(made.is_some_and(|digest| digest.starts_with("sha256:")));
    }

    #[test]
    fn the_registrys_digest_goes_before_the_id() {
        let image = |digests: &[&str]| ImageInspect {
            id: Some("sha256:id".into()),
            repo_digests: Some(digests.iter().map(|digest| (*digest).to_owned()).collect()),
            ..ImageInspect::default()
        };
        let redis = "redis:7.0";
        assert_eq!(digest(redis, image(&["redis@sha256:far"])).as_deref(), Some("redis@sha256:far"));
        assert_eq!(digest(redis, image(&["localhost:5000/redis@sha256:far"])).as_deref(), Some("sha256:id"));
        assert_eq!(digest(redis, image(&[])).as_deref(), Some("sha256:id"));
        assert_eq!(repository_of("localhost:5000/a/b:1"), "localhost:5000/a/b");
        assert_eq!(repository_of("localhost:5000/a"), "localhost:5000/a");
    }
}
