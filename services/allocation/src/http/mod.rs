//! The REST side: one endpoint a file; `views.rs` is what clients see.

pub mod change;
pub mod connection;
pub mod create;
pub mod events;
pub mod inspect;
pub mod list;
pub mod logs;
pub mod paths;
pub mod prefer;
pub mod quota;
pub mod quota_reset;
pub mod quota_set;
pub mod quota_show;
pub mod quota_views;
pub mod remove;
pub mod rename;
pub mod show;
#[cfg(test)]
mod tests;
pub mod views;

use actix_web::web;
use utoipa_actix_web::service_config::ServiceConfig;
use wire::Door;

use crate::use_cases::Desk;

/// All endpoints below `/allocations`. Fixed paths come before `{id}`.
pub fn routes(desk: &Desk, door: &Door, config: &mut ServiceConfig<'_>) {
    config.service(
        utoipa_actix_web::scope("/allocations")
            .app_data(web::Data::new(desk.clone()))
            .app_data(web::Data::new(door.clone()))
            .service(create::handler)
            .service(list::handler)
            .service(quota::handler)
            .service(quota_show::handler)
            .service(quota_set::handler)
            .service(quota_reset::handler)
            .service(show::handler)
            .service(change::start)
            .service(change::stop)
            .service(change::restart)
            .service(remove::handler)
            .service(rename::handler)
            .service(inspect::handler)
            .service(connection::handler)
            .service(events::handler)
            .service(logs::handler),
    );
}
