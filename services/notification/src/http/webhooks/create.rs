//! Has events sent to an address.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use wire::{Json, Problem, Problems, Verified, scope};

use crate::domain::Events;
use crate::http::views::WebhookSecretView;
use crate::use_cases::App;
use crate::use_cases::webhook_create::webhook_create;

/// Where events go, and which.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWebhook)]
pub struct CreateBody {
    /// Of `https://`, at a public address, without user, password or fragment; at most 1000 characters.
    #[schema(example = "https://hooks.example.org/berth")]
    url: String,
    /// `["*"]`, or names of events.
    #[schema(example = json!(["allocation.running", "allocation.failed"]))]
    events: Vec<String>,
}

/// Make a webhook.
///
/// Events are signed as Standard Webhooks says. The secret is shown this once.
#[utoipa::path(operation_id = "webhook_create", tag = "notifications", request_body = CreateBody,
    security(("bearer" = []), ("api_key" = ["notifications:write"])),
    responses((status = 201, body = WebhookSecretView, description = "The webhook, with its secret"), Problems))]
#[post("/webhooks")]
pub async fn handler(
    caller: Verified<scope::NotificationsWrite>,
    app: web::Data<App>,
    body: Json<CreateBody>,
) -> Result<HttpResponse, Problem> {
    let CreateBody { url, events } = body.0;
    let webhook = webhook_create(&app, &caller, &url, Events::parse(&events)?).await?;
    Ok(HttpResponse::Created().insert_header((CACHE_CONTROL, "no-store")).json(WebhookSecretView::from(webhook)))
}
