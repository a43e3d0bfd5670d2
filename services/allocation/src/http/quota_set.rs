//! Sets what a tenant may hold, for admins.

use actix_web::{HttpResponse, put, web};
use kit::TenantId;
use wire::{Admin, Json, PathId, Problem, Problems, scope};

use super::quota_views::{QuotaBody, QuotaView};
use crate::use_cases::Desk;
use crate::use_cases::quota_set::quota_set;

/// Set a tenant's quota
///
/// What the tenant holds already stays, also where that is more than it may hold from now on.
#[utoipa::path(operation_id = "allocation_quota_set", tag = "allocations",
    security(("bearer" = []), ("api_key" = ["admin:write"])), request_body = QuotaBody,
    params(("id" = String, Path, format = Uuid, description = "The tenant's id")),
    responses((status = 200, body = QuotaView), Problems))]
#[put("/quota/{id}")]
pub async fn handler(
    admin: Admin<scope::AdminWrite>,
    tenant: PathId<TenantId>,
    desk: web::Data<Desk>,
    body: Json<QuotaBody>,
) -> Result<HttpResponse, Problem> {
    let quota = quota_set(&desk, &admin, tenant.0, body.0.into()).await?;
    Ok(HttpResponse::Ok().json(QuotaView::from(quota)))
}
