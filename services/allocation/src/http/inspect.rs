//! All that is known of an allocation, the engine's word included.

use actix_web::{HttpResponse, get, web};
use kit::AllocationId;
use wire::{PathId, Problem, Problems, Verified, scope};

use super::views::InspectionView;
use crate::use_cases::Desk;
use crate::use_cases::inspect::inspect;

/// Inspect an allocation
#[utoipa::path(operation_id = "allocation_inspect", tag = "allocations",
    security(("bearer" = []), ("api_key" = ["allocations:read"])),
    params(("id" = String, Path, format = Uuid)), responses((status = 200, body = InspectionView), Problems))]
#[get("/{id}/inspect")]
pub async fn handler(
    caller: Verified<scope::AllocationsRead>,
    id: PathId<AllocationId>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let inspection = inspect(&desk, &caller, id.0).await?;
    Ok(HttpResponse::Ok().json(InspectionView::new(inspection, &desk.public_host)))
}
