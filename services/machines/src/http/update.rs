//! Changes a machine: each field of the body takes the place of the machine's own.

use actix_web::{HttpResponse, patch, web};
use kit::MachineId;
use wire::{Admin, Json, PathId, Problem, Problems, scope};

use super::body::MachinePatch;
use super::precondition::IfMatch;
use super::shown::Shown;
use super::views::{MachineView, tagged};
use crate::use_cases::{App, update};

#[utoipa::path(operation_id = "machine_update", tag = "machines", request_body = MachinePatch,
    security(("bearer" = []), ("api_key" = ["admin:write"])),
    params(("id" = String, Path, description = "The machine's id", format = Uuid),
           ("If-Match" = String, Header, description = "The ETag of the machine that the change was thought up for")),
    responses((status = 200, body = MachineView, description = "The machine as it is now"), Problems))]
#[patch("/{id}")]
pub async fn handler(
    admin: Admin<scope::AdminWrite>,
    id: PathId<MachineId>,
    expected: IfMatch,
    app: web::Data<App>,
    shown: web::Data<Shown>,
    body: Json<MachinePatch>,
) -> Result<HttpResponse, Problem> {
    let machine = update(&app, &admin, id.0, expected.0, |offer| body.0.onto(offer)).await?;
    shown.forget(id.0).await;
    Ok(tagged(&app, HttpResponse::Ok(), machine).await)
}
