//! Lists a user's webhooks, without their secrets.

use actix_web::{HttpResponse, get, web};
use wire::{Problem, Problems, Verified, scope};

use crate::http::views::{WebhookListView, WebhookView};
use crate::use_cases::App;
use crate::use_cases::webhook_list::webhook_list;

/// List the own webhooks.
#[utoipa::path(operation_id = "webhook_list", tag = "notifications",
    security(("bearer" = []), ("api_key" = ["notifications:read"])),
    responses((status = 200, body = WebhookListView, description = "All of them, the oldest first"), Problems))]
#[get("/webhooks")]
pub async fn handler(caller: Verified<scope::NotificationsRead>, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let webhooks = webhook_list(&app, caller.user).await?;
    let items = webhooks.into_iter().map(WebhookView::from).collect();
    Ok(HttpResponse::Ok().json(WebhookListView { items, next_cursor: None }))
}
