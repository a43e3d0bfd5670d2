//! Changes a webhook.

use actix_web::{HttpResponse, patch, web};
use kit::{Failure, WebhookId};
use serde::Deserialize;
use utoipa::ToSchema;
use wire::{Json, PathId, Problem, Problems, Verified, scope};

use crate::domain::Events;
use crate::http::views::WebhookView;
use crate::use_cases::App;
use crate::use_cases::webhook_update::{Change, webhook_update};

/// What to change; a field that is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookChanges)]
pub struct UpdateBody {
    url: Option<String>,
    events: Option<Vec<String>>,
    /// Turns it off, or on again; turned on, what went wrong before is forgotten.
    active: Option<bool>,
}

impl TryFrom<UpdateBody> for Change {
    type Error = Failure;

    fn try_from(body: UpdateBody) -> Result<Self, Failure> {
        let events = body.events.map(|events| Events::parse(&events)).transpose()?;
        Ok(Self { url: body.url, events, active: body.active })
    }
}

/// Change a webhook.
#[utoipa::path(operation_id = "webhook_update", tag = "notifications", request_body = UpdateBody,
    security(("bearer" = []), ("api_key" = ["notifications:write"])),
    params(("id" = String, Path, description = "The webhook's id", format = Uuid)),
    responses((status = 200, body = WebhookView, description = "The webhook as it is now"), Problems))]
#[patch("/webhooks/{id}")]
pub async fn handler(
    caller: Verified<scope::NotificationsWrite>,
    id: PathId<WebhookId>,
    app: web::Data<App>,
    body: Json<UpdateBody>,
) -> Result<HttpResponse, Problem> {
    let webhook = webhook_update(&app, &caller, id.0, body.0.try_into()?).await?;
    Ok(HttpResponse::Ok().json(WebhookView::from(webhook)))
}
