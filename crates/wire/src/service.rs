//! What a service hands to the program that composes it.

use std::sync::Arc;

use kit::ServiceName;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::health::Readiness;
use crate::peer::Allow;
use crate::task::Scheduled;

/// Adds a service's endpoints, with their documentation, to a listener.
pub type Routes = Arc<dyn Fn(&mut ServiceConfig<'_>) + Send + Sync>;

/// One service, built and not yet running.
pub struct Service {
    pub name: ServiceName,
    pub http: Option<Routes>,
    pub grpc: Option<Grpc>,
    pub tasks: Vec<Scheduled>,
    pub consumers: Vec<Subscription>,
    pub readiness: Readiness,
}

/// A consumer and the topics that it wants.
pub struct Subscription {
    pub consumer: Arc<dyn bus::Consumer>,
    pub topics: Vec<bus::Topic>,
}

/// A service's gRPC side: its methods, and who may call each.
pub struct Grpc {
    pub routes: tonic::service::Routes,
    pub allow: Allow,
}
