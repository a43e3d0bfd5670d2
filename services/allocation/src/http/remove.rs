//! Removes an allocation with all that it holds.

use actix_web::{HttpRequest, HttpResponse, delete, web};
use kit::{AllocationId, Failure};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{PathId, Problem, Problems, Query, Verified, scope};

use super::change::ask;
use super::views::AllocationView;
use crate::domain::lifecycle::Verb;
use crate::use_cases::Desk;
use crate::use_cases::change::Wish;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Remove it whatever the engine says; what the engine does not let go is swept later.
    #[serde(default)]
    force: bool,
    /// Keep its volumes. Refused until volumes can be listed and attached again.
    #[serde(default)]
    keep_volumes: bool,
}

/// Remove an allocation
///
/// Its container, volumes and log go, its port and quota come back, its name is free. An admin removes anybody's; that
/// is recorded as such, and takes `admin:write` beside `allocations:write` where an API key asks.
#[utoipa::path(operation_id = "allocation_remove", tag = "allocations",
    security(("bearer" = []), ("api_key" = ["allocations:write"])),
    params(("id" = String, Path, format = Uuid), Parameters, ("Prefer" = Option<String>, Header, description = "wait=SECONDS, at most 60")),
    responses((status = 200, description = "It is removed", body = AllocationView),
              (status = 202, description = "It will be", body = AllocationView), Problems))]
#[delete("/{id}")]
pub async fn handler(
    caller: Verified<scope::AllocationsWrite>,
    id: PathId<AllocationId>,
    request: HttpRequest,
    desk: web::Data<Desk>,
    query: Query<Parameters>,
) -> Result<HttpResponse, Problem> {
    if query.0.keep_volumes {
        return Err(
            Failure::invalid("keep_volumes", "Volumes cannot be kept yet: they go with their allocation.").into()
        );
    }
    ask(&desk, &caller, id.0, Wish { force: query.0.force, ..Wish::of(Verb::Remove) }, &request).await
}
