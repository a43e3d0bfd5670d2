//! Shows which messages come over which channel.

use actix_web::{HttpResponse, get, web};
use wire::{Problem, Problems, Verified, scope};

use crate::http::views::PreferenceListView;
use crate::use_cases::App;
use crate::use_cases::preferences_show::preferences_show;

/// Show the own preferences.
#[utoipa::path(operation_id = "preferences_show", tag = "notifications",
    security(("bearer" = []), ("api_key" = ["notifications:read"])),
    responses((status = 200, body = PreferenceListView, description = "Every kind over every channel"), Problems))]
#[get("/preferences")]
pub async fn handler(caller: Verified<scope::NotificationsRead>, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let settings = preferences_show(&app, caller.user).await?;
    Ok(HttpResponse::Ok().json(PreferenceListView::from(settings)))
}
