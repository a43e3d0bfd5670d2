//! Likes or dislikes a machine.

use actix_web::{HttpResponse, put, web};
use wire::{Json, Problem, Problems, Verified, scope};

use crate::http::paths::OfMachine;
use crate::http::views::{LikeBody, LikeView};
use crate::use_cases::{App, like};

#[utoipa::path(operation_id = "like_put", tag = "feed", request_body = LikeBody,
    security(("bearer" = []), ("api_key" = ["feed:write"])),
    params(("machine_id" = String, Path, description = "The machine's id", format = Uuid)),
    responses((status = 200, body = LikeView, description = "How the machine stands now"), Problems))]
#[put("/{machine_id}/like")]
pub async fn handler(
    caller: Verified<scope::FeedWrite>,
    machine: OfMachine,
    app: web::Data<App>,
    body: Json<LikeBody>,
) -> Result<HttpResponse, Problem> {
    let standing = like(&app, caller.user, machine.0, Some(body.0.status.into())).await?;
    Ok(HttpResponse::Ok().json(LikeView::from(standing)))
}
