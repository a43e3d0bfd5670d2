//! The one place that answers "may this caller do this?", out of a copy of users, machines and allocations that is built
//! from events. Users must not notice that it is a copy: see `use_cases/resolve.rs`. Closed sessions do not rest on it:
//! see `use_cases/revocation.rs`.

pub mod config;
mod consumers;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod domain;
mod events;
#[cfg(test)]
mod fakes;
mod grpc;
pub mod peers;
pub mod ports;
#[cfg(any(test, feature = "contract"))]
pub mod samples;
pub mod store;
mod tasks;
pub mod use_cases;

use std::sync::Arc;

use bus::News;
use cache::Cache;
use kit::{Ambient, ServiceName};
use wire::Service;
use wire::drain::Drain;
use wire::health::Readiness;
use wire::service::Subscription;
use wire::task::Scheduled;

use config::VerifierConfig;
use consumers::{Copier, TOPICS};
use ports::{ClosureFeed, Owners, ReadModel};
use tasks::ClosurePoll;
use use_cases::{App, Revocation};

/// What the service is made of.
pub struct Deps {
    pub model: Arc<dyn ReadModel>,
    pub owners: Arc<dyn Owners>,
    pub closures: Arc<dyn ClosureFeed>,
    pub cache: Arc<dyn Cache>,
    pub ambient: Ambient,
    pub config: VerifierConfig,
    /// Ends the streams of closures.
    pub drain: Drain,
}

pub fn build(deps: Deps) -> Service {
    let Deps { model, owners, closures, cache, ambient, config, drain } = deps;
    let revocation = Arc::new(Revocation::new(closures, ambient.clone(), config));
    let poll = ClosurePoll { revocation: revocation.clone(), every: config.closure_poll };
    let news = News::default();
    let copier = Copier { model: model.clone(), news: news.clone() };
    let app = App { model, owners, cache, revocation, confirmations: Arc::default(), news, ambient, config };
    Service {
        name: ServiceName::Verifier,
        http: None,
        grpc: Some(grpc::serve(app, drain)),
        tasks: vec![Scheduled::new(Arc::new(poll))],
        consumers: vec![Subscription { consumer: Arc::new(copier), topics: TOPICS.to_vec() }],
        readiness: Readiness::default(),
    }
}
