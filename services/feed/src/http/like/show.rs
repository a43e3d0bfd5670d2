//! Shows how a machine stands; to a known caller also what that one thinks.

use actix_web::{HttpResponse, get, web};
use wire::{Anyone, Problem, Problems};

use crate::http::paths::OfMachine;
use crate::http::views::LikeView;
use crate::use_cases::{App, standing};

#[utoipa::path(operation_id = "like_show", tag = "feed", security((), ("bearer" = []), ("api_key" = [])),
    params(("machine_id" = String, Path, description = "The machine's id", format = Uuid)),
    responses((status = 200, body = LikeView, description = "How the machine stands"), Problems))]
#[get("/{machine_id}/like")]
pub async fn handler(caller: Anyone, machine: OfMachine, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let standing = standing(&app, caller.0.map(|caller| caller.user), machine.0).await?;
    Ok(HttpResponse::Ok().json(LikeView::from(standing)))
}
