//! Likes or dislikes a machine.

use actix_web::{HttpResponse, put, web};
use kit::MachineId;
use wire::{Json, PathId, Problem, Problems, Verified};

use crate::http::views::{LikeBody, LikeView};
use crate::use_cases::{App, like};

#[utoipa::path(operation_id = "like_put", tag = "feed", request_body = LikeBody, security(("bearer" = [])),
    params(("id" = String, Path, description = "The machine's id", format = Uuid)),
    responses((status = 200, body = LikeView, description = "How the machine stands now"), Problems))]
#[put("/{id}/like")]
pub async fn handler(
    caller: Verified,
    id: PathId<MachineId>,
    app: web::Data<App>,
    body: Json<LikeBody>,
) -> Result<HttpResponse, Problem> {
    let standing = like(&app, caller.user, id.0, Some(body.0.status.into())).await?;
    Ok(HttpResponse::Ok().json(LikeView::from(standing)))
}
