//! Takes the caller's like or dislike back.

use actix_web::{HttpResponse, delete, web};
use wire::{Problem, Problems, Verified, scope};

use crate::http::paths::OfMachine;
use crate::http::views::LikeView;
use crate::use_cases::{App, like};

#[utoipa::path(operation_id = "like_clear", tag = "feed",
    security(("bearer" = []), ("api_key" = ["feed:write"])),
    params(("machine_id" = String, Path, description = "The machine's id", format = Uuid)),
    responses((status = 200, body = LikeView, description = "How the machine stands now"), Problems))]
#[delete("/{machine_id}/like")]
pub async fn handler(
    caller: Verified<scope::FeedWrite>,
    machine: OfMachine,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let standing = like(&app, caller.user, machine.0, None).await?;
    Ok(HttpResponse::Ok().json(LikeView::from(standing)))
}
