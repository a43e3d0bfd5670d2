//! Sets what a tenant may hold, for admins.

use actix_web::{HttpResponse, put, web};
use wire::{Admin, Json, Problem, Problems, scope};

use super::paths::OfTenant;
use super::quota_views::{QuotaBody, QuotaView};
use crate::use_cases::Desk;
use crate::use_cases::quota_set::quota_set;

/// Set a tenant's quota
///
/// What the tenant holds already stays, also where that is more than it may hold from now on.
#[utoipa::path(operation_id = "allocation_quota_set", tag = "allocations",
    security(("bearer" = []), ("api_key" = ["admin:write"])), request_body = QuotaBody,
    params(("tenant_id" = String, Path, format = Uuid, description = "The tenant's id")),
    responses((status = 200, body = QuotaView), Problems))]
#[put("/quota/{tenant_id}")]
pub async fn handler(
    admin: Admin<scope::AdminWrite>,
    tenant: OfTenant,
    desk: web::Data<Desk>,
    body: Json<QuotaBody>,
) -> Result<HttpResponse, Problem> {
    let quota = quota_set(&desk, &admin, tenant.0, body.0.into()).await?;
    Ok(HttpResponse::Ok().json(QuotaView::from(quota)))
}
