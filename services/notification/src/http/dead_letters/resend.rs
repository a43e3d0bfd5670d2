//! Tries a message again that was given up.

use actix_web::{HttpResponse, post, web};
use wire::{Admin, PathId, Problem, Problems, scope};

use crate::domain::DeliveryId;
use crate::use_cases::App;
use crate::use_cases::dead_letter_resend::dead_letter_resend;

/// Send a dead letter again.
///
/// It keeps its id, so that a receiver that has it all the same can tell. A code is never sent late.
#[utoipa::path(operation_id = "dead_letter_resend", tag = "notifications",
    security(("bearer" = []), ("api_key" = ["admin:write"])),
    params(("id" = String, Path, description = "The dead letter's id", format = Uuid)),
    responses((status = 202, description = "It is on its way"), Problems))]
#[post("/dead-letters/{id}/resend")]
pub async fn handler(
    admin: Admin<scope::AdminWrite>,
    id: PathId<DeliveryId>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    dead_letter_resend(&app, &admin, id.0).await?;
    Ok(HttpResponse::Accepted().finish())
}
