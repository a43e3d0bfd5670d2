//! What the caller's tenant may hold, and holds.

use actix_web::{HttpResponse, get, web};
use wire::{Problem, Problems, Verified};

use super::views::QuotaView;
use crate::use_cases::Desk;
use crate::use_cases::quota::quota;

/// Show the quota
#[utoipa::path(operation_id = "allocation_quota", tag = "allocations", security(("bearer" = [])),
    responses((status = 200, body = QuotaView), Problems))]
#[get("/quota")]
pub async fn handler(caller: Verified, desk: web::Data<Desk>) -> Result<HttpResponse, Problem> {
    let (limits, used) = quota(&desk, &caller).await?;
    Ok(HttpResponse::Ok().json(QuotaView { limits: limits.into(), used: used.into() }))
}
