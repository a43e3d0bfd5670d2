//! Shows one machine, for anybody.

use actix_web::{HttpResponse, get, web};
use kit::MachineId;
use wire::{PathId, Problem, Problems};

use super::views::{MachineView, tagged};
use crate::use_cases::{App, find};

#[utoipa::path(operation_id = "machine_show", tag = "machines",
    params(("id" = String, Path, description = "The machine's id", format = Uuid)),
    responses((status = 200, body = MachineView, description = "The machine; its revision is the ETag"), Problems))]
#[get("/{id}")]
pub async fn handler(app: web::Data<App>, id: PathId<MachineId>) -> Result<HttpResponse, Problem> {
    let machine = find(&app, id.0).await?;
    Ok(tagged(HttpResponse::Ok(), machine))
}
