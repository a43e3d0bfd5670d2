//! Live logs over WebSocket: who asks is checked once and watched from then on, lines come from the docker service.
//! Keeps nothing: a client that comes back names the last line that it has.

pub mod config;
pub mod domain;
mod http;
pub mod peers;
pub mod ports;
mod tasks;
mod use_cases;

use std::sync::Arc;

use actix_web::web;
use kit::ServiceName;
use tokio::sync::broadcast;
use wire::Door;
use wire::drain::Drain;
use wire::health::Readiness;
use wire::task::Scheduled;

pub use config::InteractConfig;
use http::App;
use ports::{Allocations, Closures, Logs};

/// Closings on their way to sockets; one that misses some has itself checked anew.
const NOTICES: usize = 256;

/// What this service stands on.
pub struct Deps {
    pub logs: Arc<dyn Logs>,
    pub allocations: Arc<dyn Allocations>,
    pub closures: Arc<dyn Closures>,
    pub door: Door,
    pub drain: Drain,
    pub config: InteractConfig,
}

/// Call it on the main runtime: what sockets wait for runs there, not on the listener's threads.
pub fn build(deps: Deps) -> wire::Service {
    metrics::gauge!("berth_interact_sockets").set(0.0);
    let notices = broadcast::Sender::new(NOTICES);
    let watch = tasks::Revocations::new(deps.closures, notices.clone(), deps.drain.stop.clone());
    let app = web::Data::new(App {
        logs: deps.logs,
        allocations: deps.allocations,
        limits: deps.door.limits.clone(),
        sessions: Arc::new(peers::DoorSessions(deps.door)),
        drain: deps.drain,
        notices,
        waiting: Arc::default(),
        runtime: tokio::runtime::Handle::current(),
        config: deps.config,
    });
    wire::Service {
        name: ServiceName::Interact,
        http: Some(Arc::new(move |listener| {
            let scope = utoipa_actix_web::scope("/interact").app_data(app.clone());
            listener.service(scope.service(http::logs::handler).service(http::legacy::handler));
        })),
        grpc: None,
        tasks: vec![Scheduled::new(Arc::new(watch))],
        consumers: Vec::new(),
        readiness: Readiness::default(),
    }
}
