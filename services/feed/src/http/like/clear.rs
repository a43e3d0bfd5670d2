//! Takes the caller's like or dislike back.

use actix_web::{HttpResponse, delete, web};
use kit::MachineId;
use wire::{PathId, Problem, Problems, Verified};

use crate::http::views::LikeView;
use crate::use_cases::{App, like};

#[utoipa::path(operation_id = "like_clear", tag = "feed", security(("bearer" = [])),
    params(("id" = String, Path, description = "The machine's id", format = Uuid)),
    responses((status = 200, body = LikeView, description = "How the machine stands now"), Problems))]
#[delete("/{id}/like")]
pub async fn handler(caller: Verified, id: PathId<MachineId>, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let standing = like(&app, caller.user, id.0, None).await?;
    Ok(HttpResponse::Ok().json(LikeView::from(standing)))
}
