//! Gives a webhook a new secret.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, post, web};
use kit::WebhookId;
use wire::{PathId, Problem, Problems, Verified, scope};

use crate::http::views::WebhookSecretView;
use crate::use_cases::App;
use crate::use_cases::webhook_rotate::webhook_rotate;

/// Make a new secret.
///
/// It is shown this once. The old one signs beside it for 24 hours: two signatures stand in the header then.
#[utoipa::path(operation_id = "webhook_rotate", tag = "notifications",
    security(("bearer" = []), ("api_key" = ["notifications:write"])),
    params(("id" = String, Path, description = "The webhook's id", format = Uuid)),
    responses((status = 200, body = WebhookSecretView, description = "The webhook, with its new secret"), Problems))]
#[post("/webhooks/{id}/rotate")]
pub async fn handler(
    caller: Verified<scope::NotificationsWrite>,
    id: PathId<WebhookId>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let webhook = webhook_rotate(&app, &caller, id.0).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(WebhookSecretView::from(webhook)))
}
