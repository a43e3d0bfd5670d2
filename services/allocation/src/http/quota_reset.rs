//! Gives a tenant the quota that everybody has, for admins.

use actix_web::{HttpResponse, delete, web};
use wire::{Admin, Problem, Problems, scope};

use super::paths::OfTenant;
use super::quota_views::QuotaView;
use crate::use_cases::Desk;
use crate::use_cases::quota_set::quota_reset;

/// Reset a tenant's quota to the default
#[utoipa::path(operation_id = "allocation_quota_reset", tag = "allocations",
    security(("bearer" = []), ("api_key" = ["admin:write"])),
    params(("tenant_id" = String, Path, format = Uuid, description = "The tenant's id")),
    responses((status = 200, body = QuotaView), Problems))]
#[delete("/quota/{tenant_id}")]
pub async fn handler(
    admin: Admin<scope::AdminWrite>,
    tenant: OfTenant,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(QuotaView::from(quota_reset(&desk, &admin, tenant.0).await?)))
}
