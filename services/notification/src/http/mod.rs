//! The REST side under `/notifications`: one endpoint a file.

mod dead_letters;
mod preferences;
mod views;
mod webhooks;

use std::sync::Arc;

use actix_web::web::Data;
use wire::Door;
use wire::service::Routes;

use crate::use_cases::App;

/// Adds all endpoints to a listener.
pub fn routes(app: App, door: Door) -> Routes {
    let (app, door) = (Data::new(app), Data::new(door));
    Arc::new(move |config| {
        let scope = utoipa_actix_web::scope("/notifications")
            .app_data(app.clone())
            .app_data(door.clone())
            .service(preferences::show::handler)
            .service(preferences::update::handler)
            .service(webhooks::list::handler)
            .service(webhooks::create::handler)
            .service(webhooks::update::handler)
            .service(webhooks::delete::handler)
            .service(webhooks::rotate::handler)
            .service(webhooks::test::handler)
            .service(webhooks::deliveries::handler)
            .service(dead_letters::list::handler)
            .service(dead_letters::resend::handler);
        config.service(scope);
    })
}
