//! The REST side under `/user`: one endpoint a file.

mod admin_grant;
mod admin_revoke;
mod api_key_create;
mod api_key_delete;
mod api_key_list;
mod api_key_views;
mod audit_list;
mod audit_views;
mod jwks;
mod login;
mod logout;
mod me_audit_list;
mod me_show;
mod me_update;
mod otp;
mod password_reset;
mod refresh;
mod session_delete;
mod session_list;
mod signup;
#[cfg(test)]
mod tests;
mod user_show;
mod verify;
mod views;

use std::sync::Arc;

use actix_web::web::Data;
use wire::auth::Door;
use wire::service::Routes;

use crate::use_cases::App;

/// Adds all endpoints to a listener. What has a name of its own comes before `{id}`.
pub fn routes(app: Arc<App>, door: Door) -> Routes {
    let (app, door) = (Data::from(app), Data::new(door));
    Arc::new(move |config| {
        let scope = utoipa_actix_web::scope("/user")
            .app_data(app.clone())
            .app_data(door.clone())
            .service(signup::handler)
            .service(otp::handler)
            .service(verify::handler)
            .service(login::handler)
            .service(refresh::handler)
            .service(logout::handler)
            .service(password_reset::handler)
            .service(me_show::handler)
            .service(me_update::handler)
            .service(session_list::handler)
            .service(session_delete::handler)
            .service(api_key_list::handler)
            .service(api_key_create::handler)
            .service(api_key_delete::handler)
            .service(me_audit_list::handler)
            .service(audit_list::handler)
            .service(jwks::handler)
            .service(admin_grant::handler)
            .service(admin_revoke::handler)
            .service(user_show::handler);
        config.service(scope);
    })
}
