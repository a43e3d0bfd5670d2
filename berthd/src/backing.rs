//! A service's database as the process sees it: whether it answers, what it has to send, and which life of it this is.

use std::sync::Arc;

use async_trait::async_trait;
use bus::Outbox;
use kit::Failure;
use wire::Service;

/// What a process needs of a service's database beside the service itself.
#[async_trait]
pub trait Backing: Send + Sync {
    /// What it is called in `/readyz`.
    fn part(&self) -> &'static str;
    /// Whether the server answers.
    async fn ping(&self) -> Result<(), Failure>;
    /// An id that the database has had since it was empty: a consumer whose database is new reads from the beginning.
    async fn generation(&self, consumer: &'static str) -> Result<String, Failure>;
    /// The events that wait in it; `None` where the service announces nothing.
    fn outbox(&self) -> Option<Arc<dyn Outbox>>;
    /// Ends its connections; what was accepted is committed first.
    async fn close(&self) {}
}

/// A service that was built, with its database where it has one.
pub struct Wired {
    pub service: Service,
    pub backing: Option<Arc<dyn Backing>>,
}

impl Wired {
    pub fn new(service: Service, backing: impl Backing + 'static) -> Self {
        Self { service, backing: Some(Arc::new(backing)) }
    }

    /// One that keeps nothing.
    pub const fn bare(service: Service) -> Self {
        Self { service, backing: None }
    }
}
