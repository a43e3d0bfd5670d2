//! Removes a webhook.

use actix_web::{HttpResponse, delete, web};
use kit::WebhookId;
use wire::{PathId, Problem, Problems, Verified, scope};

use crate::use_cases::App;
use crate::use_cases::webhook_delete::webhook_delete;

/// Remove a webhook, with what still waits for it.
#[utoipa::path(operation_id = "webhook_delete", tag = "notifications",
    security(("bearer" = []), ("api_key" = ["notifications:write"])),
    params(("id" = String, Path, description = "The webhook's id", format = Uuid)),
    responses((status = 204, description = "It is gone"), Problems))]
#[delete("/webhooks/{id}")]
pub async fn handler(
    caller: Verified<scope::NotificationsWrite>,
    id: PathId<WebhookId>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    webhook_delete(&app, &caller, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
