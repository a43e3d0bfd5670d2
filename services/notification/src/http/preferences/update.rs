//! Decides which messages come over which channel.

use actix_web::{HttpResponse, put, web};
use wire::{Json, Problem, Problems, Verified, scope};

use crate::http::views::{PreferenceListView, PreferencesBody};
use crate::use_cases::App;
use crate::use_cases::preferences_update::preferences_update;

/// Change some of the own preferences.
///
/// Codes, and security mail by e-mail, cannot be turned off.
#[utoipa::path(operation_id = "preferences_update", tag = "notifications", request_body = PreferencesBody,
    security(("bearer" = []), ("api_key" = ["notifications:write"])),
    responses((status = 200, body = PreferenceListView, description = "All of them, as they are now"), Problems))]
#[put("/preferences")]
pub async fn handler(
    caller: Verified<scope::NotificationsWrite>,
    app: web::Data<App>,
    body: Json<PreferencesBody>,
) -> Result<HttpResponse, Problem> {
    let settings = preferences_update(&app, &caller, body.0.choices()?).await?;
    Ok(HttpResponse::Ok().json(PreferenceListView::from(settings)))
}
