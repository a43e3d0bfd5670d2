//! The docker service: one site's container engine, and what the host must do beside it. Nothing else touches the
//! engine's socket. Who holds that socket is root: only the allocation service may give commands here.

pub mod config;
pub mod domain;
pub mod engine;
mod grpc;
pub mod host;
pub mod logs;
pub mod ports;
pub mod store;
mod tasks;
pub mod use_cases;

use std::sync::Arc;

use kit::{Ambient, ServiceName};
use proto::v1::engine_server::EngineServer;
use tokio_util::sync::CancellationToken;
use wire::health::Readiness;
use wire::service::{Grpc, Service};
use wire::task::Scheduled;

use config::EngineConfig;
use domain::Identity;
use logs::{Followers, LogStore};
use ports::{Disks, Engine, HostNetwork, LogSource, Record};
use tasks::{EnginePing, FirewallKeep, HintsFollow};
use use_cases::App;

pub use store::sqlite::MIGRATIONS;

/// What the service is built from.
pub struct Deps {
    pub identity: Identity,
    pub config: EngineConfig,
    pub ambient: Ambient,
    pub engine: Arc<dyn Engine>,
    pub log_source: Arc<dyn LogSource>,
    pub host: Arc<dyn HostNetwork>,
    pub disks: Arc<dyn Disks>,
    pub record: Arc<dyn Record>,
    /// Ends what follows the engine.
    pub stop: CancellationToken,
}

/// Builds the service. Needs no engine yet: `/readyz` waits for it.
pub async fn build(deps: Deps) -> Service {
    let Deps { identity, config, ambient, engine, log_source, host, disks, record, stop } = deps;
    let logs = LogStore::open(config.state_dir.join("logs"));
    let followers = Followers::new(log_source, logs.clone(), ambient.clone()).scheduled();
    let app = Arc::new(App::new(identity, config, ambient, engine, host, disks, record));
    match app.disks.reattach().await {
        Ok(count) => tracing::debug!(count, "attached volumes"),
        Err(failure) => tracing::error!(%failure, "some volumes could not be attached again"),
    }
    let readiness = Readiness::default();
    let hints = HintsFollow::new(app.clone(), followers.wake.clone(), stop);
    Service {
        name: ServiceName::Docker,
        http: None,
        grpc: Some(Grpc {
            routes: tonic::service::Routes::new(EngineServer::new(grpc::EngineMethods { app: app.clone(), logs })),
            allow: grpc::allow(),
        }),
        tasks: vec![
            Scheduled::new(Arc::new(EnginePing::new(app.clone(), readiness.clone()))),
            Scheduled::new(Arc::new(FirewallKeep { app })),
            Scheduled::new(Arc::new(hints)),
            followers,
        ],
        consumers: Vec::new(),
        readiness,
    }
}
