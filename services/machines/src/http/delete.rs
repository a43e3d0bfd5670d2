//! Takes a machine out of the catalogue.

use actix_web::{HttpResponse, delete, web};
use kit::MachineId;
use wire::{Admin, PathId, Problem, Problems, scope};

use super::shown::Shown;
use crate::use_cases::{self, App};

#[utoipa::path(operation_id = "machine_delete", tag = "machines", security(("bearer" = []), ("api_key" = ["admin:write"])),
    params(("id" = String, Path, description = "The machine's id", format = Uuid)),
    responses((status = 204, description = "It is gone; allocations of it go on"), Problems))]
#[delete("/{id}")]
pub async fn handler(
    admin: Admin<scope::AdminWrite>,
    id: PathId<MachineId>,
    app: web::Data<App>,
    shown: web::Data<Shown>,
) -> Result<HttpResponse, Problem> {
    use_cases::delete(&app, &admin, id.0).await?;
    shown.forget(id.0).await;
    Ok(HttpResponse::NoContent().finish())
}
