//! What people think of machines: likes now, comments next.

#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod domain;
mod http;
pub mod peers;
pub mod ports;
pub mod store;
pub mod use_cases;

use std::sync::Arc;

use actix_web::web;
use kit::{Ambient, ServiceName};
use wire::health::Readiness;
use wire::{Door, Service};

use ports::{Catalogue, LikeStore};
use use_cases::App;

/// What the service is made of.
pub struct Deps {
    pub likes: Arc<dyn LikeStore>,
    pub catalogue: Arc<dyn Catalogue>,
    pub ambient: Ambient,
    pub door: Door,
}

pub fn build(deps: Deps) -> Service {
    let app = App { likes: deps.likes, catalogue: deps.catalogue, ambient: deps.ambient };
    Service {
        name: ServiceName::Feed,
        http: Some(routes(app, deps.door)),
        grpc: None,
        tasks: Vec::new(),
        consumers: Vec::new(),
        readiness: Readiness::default(),
    }
}

fn routes(app: App, door: Door) -> wire::service::Routes {
    let (app, door) = (web::Data::new(app), web::Data::new(door));
    Arc::new(move |config| {
        let scope = utoipa_actix_web::scope("/feed")
            .app_data(app.clone())
            .app_data(door.clone())
            .service(http::like::show::handler)
            .service(http::like::put::handler)
            .service(http::like::clear::handler);
        config.service(scope);
    })
}
