//! Sends a webhook an event to try it out with.

use actix_web::{HttpResponse, post, web};
use kit::WebhookId;
use wire::{PathId, Problem, Problems, Verified, scope};

use crate::http::views::StartedView;
use crate::use_cases::App;
use crate::use_cases::webhook_test::webhook_test;

/// Send a `webhook.test` event.
///
/// Also to a webhook that is turned off. What became of it is in the list of deliveries.
#[utoipa::path(operation_id = "webhook_test", tag = "notifications",
    security(("bearer" = []), ("api_key" = ["notifications:write"])),
    params(("id" = String, Path, description = "The webhook's id", format = Uuid)),
    responses((status = 202, body = StartedView, description = "It is on its way"), Problems))]
#[post("/webhooks/{id}/test")]
pub async fn handler(
    caller: Verified<scope::NotificationsWrite>,
    id: PathId<WebhookId>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let delivery = webhook_test(&app, &caller, id.0).await?;
    Ok(HttpResponse::Accepted().json(StartedView { id: delivery.to_string() }))
}
