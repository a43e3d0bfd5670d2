//! Lists what became of the last events to a webhook.

use actix_web::{HttpResponse, get, web};
use kit::WebhookId;
use wire::{PathId, Problem, Problems, Verified, scope};

use crate::http::views::{WebhookDeliveryListView, WebhookDeliveryView};
use crate::use_cases::App;
use crate::use_cases::webhook_deliveries::webhook_deliveries;

/// List the last 50 deliveries.
#[utoipa::path(operation_id = "webhook_deliveries", tag = "notifications",
    security(("bearer" = []), ("api_key" = ["notifications:read"])),
    params(("id" = String, Path, description = "The webhook's id", format = Uuid)),
    responses((status = 200, body = WebhookDeliveryListView, description = "The newest first"), Problems))]
#[get("/webhooks/{id}/deliveries")]
pub async fn handler(
    caller: Verified<scope::NotificationsRead>,
    id: PathId<WebhookId>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let records = webhook_deliveries(&app, &caller, id.0).await?;
    let items = records.into_iter().map(WebhookDeliveryView::from).collect();
    Ok(HttpResponse::Ok().json(WebhookDeliveryListView { items, next_cursor: None }))
}
