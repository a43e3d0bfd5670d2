//! The catalogue: which machines there are, what each needs and what its users may set. Anyone reads it, admins change it.

#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod domain;
mod events;
#[cfg(test)]
mod fakes;
mod grpc;
mod http;
pub mod peers;
pub mod ports;
#[cfg(any(test, feature = "contract"))]
pub mod samples;
pub mod store;
pub mod use_cases;

use std::sync::Arc;

use actix_web::web;
use kit::{Ambient, Failure, ServiceName};
use wire::health::Readiness;
use wire::{Door, Service};

use ports::{MachineStore, Standings};
use use_cases::{App, CatalogueFile};

/// What the service is made of.
pub struct Deps {
    pub store: Arc<dyn MachineStore>,
    pub standings: Arc<dyn Standings>,
    pub ambient: Ambient,
    pub door: Door,
    /// What an empty catalogue begins with.
    pub catalogue: Vec<CatalogueFile>,
}

/// Imports the catalogue where that was not done yet; a broken file is a failure that names it.
pub async fn build(deps: Deps) -> Result<Service, Failure> {
    let app = App { store: deps.store, standings: deps.standings, ambient: deps.ambient };
    use_cases::import(&app, &deps.catalogue).await?;
    Ok(Service {
        name: ServiceName::Machines,
        http: Some(routes(app.clone(), deps.door)),
        grpc: Some(grpc::serve(app)),
        tasks: Vec::new(),
        consumers: Vec::new(),
        readiness: Readiness::default(),
    })
}

fn routes(app: App, door: Door) -> wire::service::Routes {
    let (app, door) = (web::Data::new(app), web::Data::new(door));
    let shown = web::Data::<http::shown::Shown>::default();
    Arc::new(move |config| {
        let scope = utoipa_actix_web::scope("/machines")
            .app_data(app.clone())
            .app_data(door.clone())
            .app_data(shown.clone())
            .service(http::list::handler)
            .service(http::create::handler)
            .service(http::show::handler)
            .service(http::update::handler)
            .service(http::delete::handler)
            .service(http::revisions::handler);
        config.service(scope);
    })
}
