//! Gives an allocation another name.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, patch, web};
use kit::AllocationId;
use serde::Deserialize;
use utoipa::ToSchema;
use wire::{Json, PathId, Problem, Problems, Verified, scope};

use super::prefer;
use super::views::AllocationView;
use crate::use_cases::Desk;
use crate::use_cases::rename::rename;

/// What of an allocation can be changed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AllocationPatch)]
pub struct Body {
    /// 1 to 63 of a-z, 0-9 and -; unique in the tenant.
    #[schema(min_length = 1, max_length = 63, pattern = "^[a-z0-9-]+$")]
    name: String,
}

/// Rename an allocation
///
/// In any state, also while it is being changed. What runs is not touched: the program keeps the host name that it has.
#[utoipa::path(operation_id = "allocation_rename", tag = "allocations",
    security(("bearer" = []), ("api_key" = ["allocations:write"])), request_body = Body,
    params(("id" = String, Path, format = Uuid)), responses((status = 200, body = AllocationView), Problems))]
#[patch("/{id}")]
pub async fn handler(
    caller: Verified<scope::AllocationsWrite>,
    id: PathId<AllocationId>,
    desk: web::Data<Desk>,
    body: Json<Body>,
) -> Result<HttpResponse, Problem> {
    let allocation = rename(&desk, &caller, id.0, &body.0.name).await?;
    Ok(prefer::answer(StatusCode::OK, None, &allocation, &desk.public_host))
}
