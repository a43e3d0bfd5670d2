//! What the caller's tenant may hold, and holds.

use actix_web::{HttpResponse, get, web};
use wire::{Problem, Problems, Verified, scope};

use super::quota_views::QuotaView;
use crate::use_cases::Desk;
use crate::use_cases::quota::quota;

/// Show the quota
#[utoipa::path(operation_id = "allocation_quota", tag = "allocations",
    security(("bearer" = []), ("api_key" = ["allocations:read"])),
    responses((status = 200, body = QuotaView), Problems))]
#[get("/quota")]
pub async fn handler(caller: Verified<scope::AllocationsRead>, desk: web::Data<Desk>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(QuotaView::from(quota(&desk, &caller).await?)))
}
