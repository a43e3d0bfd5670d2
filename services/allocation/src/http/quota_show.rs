//! What any tenant may hold, and holds, for admins.

use actix_web::{HttpResponse, get, web};
use wire::{Admin, Problem, Problems, scope};

use super::paths::OfTenant;
use super::quota_views::QuotaView;
use crate::use_cases::Desk;
use crate::use_cases::quota::quota_of;

/// Show a tenant's quota
#[utoipa::path(operation_id = "allocation_quota_show", tag = "allocations",
    security(("bearer" = []), ("api_key" = ["admin:read"])),
    params(("tenant_id" = String, Path, format = Uuid, description = "The tenant's id")),
    responses((status = 200, body = QuotaView), Problems))]
#[get("/quota/{tenant_id}")]
pub async fn handler(
    _: Admin<scope::AdminRead>,
    tenant: OfTenant,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(QuotaView::from(quota_of(&desk, tenant.0).await?)))
}
