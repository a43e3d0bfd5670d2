//! The REST side under `/user`: one endpoint a file.

mod admin_grant;
mod admin_revoke;
mod api_key_create;
mod api_key_delete;
mod api_key_list;
mod api_key_views;
mod audit_list;
mod audit_views;
mod cookie;
mod export_views;
mod jwks;
mod login;
mod logout;
mod me_audit_list;
mod me_delete;
mod me_email;
mod me_export;
mod me_password;
mod me_show;
mod me_update;
mod otp;
mod password_reset;
mod refresh;
mod resume;
mod session_delete;
mod session_list;
mod signup;
mod suspend;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod throttle_tests;
mod user_delete;
mod user_list;
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
            .service(me_delete::handler)
            .service(me_password::handler)
            .service(me_email::handler)
            .service(me_export::handler)
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
            .service(suspend::handler)
            .service(resume::handler)
            .service(user_list::handler)
            .service(user_delete::handler)
            .service(user_show::handler);
        config.service(scope);
    })
}
