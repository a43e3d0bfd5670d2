//! What people think and say of machines: likes, comments and their counts. Comments show their authors' names and who has
//! run the machine; both are copied from other services' events.

pub mod config;
mod consumers;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod domain;
mod events;
mod grpc;
mod http;
pub mod peers;
pub mod ports;
pub mod store;
#[cfg(test)]
mod testing;
pub mod use_cases;

use std::sync::Arc;

use actix_web::web;
use bus::News;
use kit::{Ambient, ServiceName};
use wire::health::Readiness;
use wire::service::Subscription;
use wire::{Door, Service};

use config::FeedConfig;
use consumers::{Acquaintance, TOPICS};
use ports::{Catalogue, CommentStore, CountStore, LikeStore, PeopleStore};
use use_cases::App;

/// What the service is made of.
pub struct Deps {
    pub likes: Arc<dyn LikeStore>,
    pub comments: Arc<dyn CommentStore>,
    pub counts: Arc<dyn CountStore>,
    pub people: Arc<dyn PeopleStore>,
    pub catalogue: Arc<dyn Catalogue>,
    pub ambient: Ambient,
    pub config: FeedConfig,
    pub door: Door,
}

pub fn build(deps: Deps) -> Service {
    let Deps { likes, comments, counts, people, catalogue, ambient, config, door } = deps;
    let news = News::default();
    let acquaintance = Acquaintance { people, news: news.clone() };
    let app = App { likes, comments, counts, catalogue, news, ambient, config };
    Service {
        name: ServiceName::Feed,
        http: Some(routes(app.clone(), door)),
        grpc: Some(grpc::serve(app)),
        tasks: Vec::new(),
        consumers: vec![Subscription { consumer: Arc::new(acquaintance), topics: TOPICS.to_vec() }],
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
            .service(http::like::clear::handler)
            .service(http::comment::list::handler)
            .service(http::comment::create::handler)
            .service(http::comment::edit::handler)
            .service(http::comment::delete::handler);
        config.service(scope);
    })
}
